/* A disk whose power may fail: beside each file of a folder it keeps what of it was synced.

   Preloaded (LD_PRELOAD), with SYNCED_FROM the folder and SYNCED_TO where the copies go. What fsync or fdatasync has
   confirmed is copied before they return; what was only written is not. After the power cut the copies are the disk. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

static void keep(int synced)
{
    const char *from = getenv("SYNCED_FROM"), *to = getenv("SYNCED_TO");
    char link[64], path[PATH_MAX], draft[PATH_MAX + 8], target[PATH_MAX], piece[65536];
    snprintf(link, sizeof link, "/proc/self/fd/%d", synced);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (!from || !to || length < 0)
        return;
    path[length] = 0;
    struct stat about;
    if (strncmp(path, from, strlen(from)) || fstat(synced, &about) || !S_ISREG(about.st_mode))
        return;
    snprintf(target, sizeof target, "%s/%s", to, strrchr(path, '/') + 1);
    snprintf(draft, sizeof draft, "%s.part", target);
    pthread_mutex_lock(&guard);
    int copy = open(draft, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ssize_t got;
    /* Read by its own descriptor: to close another one would drop SQLite's locks on the file, says POSIX. */
    for (off_t at = 0; (got = pread(synced, piece, sizeof piece, at)) > 0; at += got)
        if (write(copy, piece, got) != got)
            abort();
    close(copy);
    rename(draft, target);
    pthread_mutex_unlock(&guard);
}

int fsync(int synced)
{
    int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
    int failed = real(synced);
    if (!failed)
        keep(synced);
    return failed;
}

int fdatasync(int synced)
{
    int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
    int failed = real(synced);
    if (!failed)
        keep(synced);
    return failed;
}
