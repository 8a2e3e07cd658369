"""Reports: one page for each subject, each a list of tables with a question above and a chart where one helps."""
