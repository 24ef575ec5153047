/*
 * Preloaded into a program (LD_PRELOAD), this stands between it and the disk, for files below one folder:
 *
 *   - counts the syncs of each file;
 *   - keeps, of each file, what it held at its last sync: what a power cut would leave;
 *   - makes syncs or writes hang, or fail with an errno, while a flag file exists.
 *
 * DISK_SHIM_FOLDER   absolute path without links; files below it are observed
 * DISK_SHIM_CONTROL  absolute path of a folder:
 *   hang-sync, hang-write      while one exists, such calls wait; signals still end the process
 *   fail-sync, fail-write      while one exists, such calls fail with the errno whose number it holds
 *   syncs                      one line for each sync: the file's name
 *   synced/<name>              the file as of its last sync
 *   waiting                    exists once a call has begun to wait
 *
 * Files are distinguished by their name without its folders. Writes of all threads and processes count alike, because
 * a sync copies the file and does not track writes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *folder, *control;
static pthread_mutex_t saving = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fsync)(int), (*real_fdatasync)(int), (*real_ftruncate)(int, off_t), (*real_unlink)(const char *);

__attribute__((constructor)) static void start(void) {
  folder = getenv("DISK_SHIM_FOLDER");
  control = getenv("DISK_SHIM_CONTROL");
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  real_unlink = dlsym(RTLD_NEXT, "unlink");
}

static int is_below(const char *path) {
  size_t length = folder ? strlen(folder) : 0;
  return length > 0 && control && strncmp(path, folder, length) == 0 && path[length] == '/';
}

/* The name of an observed file, or NULL. */
static const char *observed(int fd, char *path) {
  if (!folder || fd < 0) return NULL;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length <= 0) return NULL;
  path[length] = 0;
  struct stat status;
  if (!is_below(path) || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return NULL;
  return strrchr(path, '/') + 1;
}

static void controlled(char *path, const char *what, const char *name) {
  snprintf(path, PATH_MAX, "%s/%s%s", control, what, name);
}

/* 0, or the errno that this call is to fail with. */
static int held_up(const char *what) {
  char path[PATH_MAX], number[16] = "";
  controlled(path, "hang-", what);
  int announced = 0;
  while (access(path, F_OK) == 0) {
    if (!announced) {
      char waiting[PATH_MAX];
      controlled(waiting, "waiting", "");
      close(open(waiting, O_CREAT | O_WRONLY, 0600));
      announced = 1;
    }
    struct timespec pause = {0, 10 * 1000 * 1000};
    nanosleep(&pause, NULL);
  }
  controlled(path, "fail-", what);
  int fd = open(path, O_RDONLY);
  if (fd < 0) return 0;
  ssize_t length = read(fd, number, sizeof number - 1);
  close(fd);
  return length > 0 ? atoi(number) : EIO;
}

/* What the file holds now is on the disk. */
static void keep(int fd, const char *name) {
  char path[PATH_MAX], fresh[PATH_MAX + 4], source[64], buffer[65536];
  pthread_mutex_lock(&saving);
  controlled(path, "synced/", name);
  snprintf(fresh, sizeof fresh, "%s.new", path);
  snprintf(source, sizeof source, "/proc/self/fd/%d", fd);
  int from = open(source, O_RDONLY), to = open(fresh, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  off_t at = 0;
  for (ssize_t length; (length = pread(from, buffer, sizeof buffer, at)) > 0; at += length)
    if (real_pwrite(to, buffer, length, at) != length) abort();
  close(from);
  close(to);
  rename(fresh, path);
  controlled(path, "syncs", "");
  int list = open(path, O_CREAT | O_APPEND | O_WRONLY, 0600);
  char line[PATH_MAX];
  int length = snprintf(line, sizeof line, "%s\n", name);
  if (real_write(list, line, length) != length) abort();
  close(list);
  pthread_mutex_unlock(&saving);
}

static int sync_with(int (*real)(int), int fd) {
  char path[PATH_MAX];
  const char *name = observed(fd, path);
  int fault = name ? held_up("sync") : 0;
  if (fault) {
    errno = fault;
    return -1;
  }
  int result = real(fd);
  if (name && result == 0) keep(fd, name);
  return result;
}

int fsync(int fd) { return sync_with(real_fsync, fd); }
int fdatasync(int fd) { return sync_with(real_fdatasync, fd); }

/* Whether a write may go on. */
static int may_write(int fd) {
  char path[PATH_MAX];
  int fault = observed(fd, path) ? held_up("write") : 0;
  if (fault) errno = fault;
  return fault == 0;
}

ssize_t write(int fd, const void *bytes, size_t length) { return may_write(fd) ? real_write(fd, bytes, length) : -1; }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) {
  return may_write(fd) ? real_pwrite(fd, bytes, length, at) : -1;
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return pwrite64(fd, bytes, length, at); }
int ftruncate64(int fd, off_t length) { return may_write(fd) ? real_ftruncate(fd, length) : -1; }
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

/* A file that is removed is not there after a power cut either. */
int unlink(const char *path) {
  int result = real_unlink(path);
  if (result == 0 && is_below(path)) {
    char kept[PATH_MAX];
    controlled(kept, "synced/", strrchr(path, '/') + 1);
    real_unlink(kept);
  }
  return result;
}
