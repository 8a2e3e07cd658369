/* Shows a picture beside the field in which it was chosen, before it is sent. */
"use strict";

for (const field of document.querySelectorAll("input[type=file][data-preview]")) {
  field.addEventListener("change", () => {
    const [file] = field.files;
    if (!file || !file.type.startsWith("image/")) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      const picture = document.createElement("img");
      picture.src = reader.result;
      picture.alt = file.name;
      document.getElementById(field.dataset.preview).replaceChildren(picture);
    });
    reader.readAsDataURL(file);
  });
}
