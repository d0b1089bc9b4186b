/*
 * Preloaded into btvirt to run several instances: moves its sockets from /tmp to $BTVIRT_FOLDER, reports on stderr when
 * it listens at one, replaces the kernel's cryptography (without AF_ALG, as in many containers, btvirt closes every
 * connection), and ends it with its parent.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char ORIGINAL_PREFIX[] = "/tmp/bt-server-";

static int (*next_socket)(int, int, int);
static int (*next_bind)(int, const struct sockaddr *, socklen_t);
static int (*next_listen)(int, int);
static int (*next_unlink)(const char *);

__attribute__((constructor)) static void prepare(void) {
  next_socket = dlsym(RTLD_NEXT, "socket");
  next_bind = dlsym(RTLD_NEXT, "bind");
  next_listen = dlsym(RTLD_NEXT, "listen");
  next_unlink = dlsym(RTLD_NEXT, "unlink");
  prctl(PR_SET_PDEATHSIG, SIGTERM);
}

static int is_original(const char *path) { return strncmp(path, ORIGINAL_PREFIX, strlen(ORIGINAL_PREFIX)) == 0; }

int socket(int domain, int type, int protocol) {
  int fd = next_socket(domain, type, protocol);
  return fd < 0 && domain == AF_ALG ? open("/dev/null", O_RDWR | O_CLOEXEC) : fd;
}

int bind(int fd, const struct sockaddr *address, socklen_t length) {
  struct sockaddr_un moved = {.sun_family = AF_UNIX};
  const char *folder = getenv("BTVIRT_FOLDER");
  const char *path = ((const struct sockaddr_un *)address)->sun_path;
  if (address->sa_family == AF_UNIX && folder && is_original(path)) {
    snprintf(moved.sun_path, sizeof moved.sun_path, "%s/%s", folder, path + strlen(ORIGINAL_PREFIX));
    return next_bind(fd, (struct sockaddr *)&moved, sizeof moved);
  }
  int result = next_bind(fd, address, length);
  return address->sa_family == AF_ALG ? 0 : result;
}

int listen(int fd, int backlog) {
  int result = next_listen(fd, backlog);
  struct sockaddr_un address = {0};
  socklen_t length = sizeof address;
  if (result == 0 && getsockname(fd, (struct sockaddr *)&address, &length) == 0)
    dprintf(STDERR_FILENO, "listens at %s\n", address.sun_path);
  return result;
}

/* The sockets in /tmp belong to another instance. */
int unlink(const char *path) { return is_original(path) ? 0 : next_unlink(path); }
