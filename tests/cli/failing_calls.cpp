// Loaded before the program (LD_PRELOAD): a file system that lacks some calls. FLOCK_ERRNO is what flock() fails with,
// FOLDER_FSYNC_ERRNO what fsync() of a folder fails with. SHARED_MEMORY_FAILS: MPI has no memory
// to share.
#include <dlfcn.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>

namespace {

int reason_of(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? 0 : std::atoi(text);
}

bool is_folder(int file) {
  struct stat info {};
  return ::fstat(file, &info) == 0 && S_ISDIR(info.st_mode);
}

}  // namespace

extern "C" {

int flock(int file, int operation) noexcept {
  if (const int reason = reason_of("FLOCK_ERRNO")) {
    errno = reason;
    return -1;
  }
  return reinterpret_cast<int (*)(int, int)>(::dlsym(RTLD_NEXT, "flock"))(file, operation);
}

// Without MPI's own header: a module that needs no MPI to be loaded.
int MPI_Win_allocate_shared(std::intptr_t bytes, int unit, void* info, void* comm, void* base, void* window) {
  constexpr int some_error = 16;
  if (std::getenv("SHARED_MEMORY_FAILS") != nullptr) return some_error;
  using Call = int (*)(std::intptr_t, int, void*, void*, void*, void*);
  return reinterpret_cast<Call>(::dlsym(RTLD_NEXT, "MPI_Win_allocate_shared"))(bytes, unit, info, comm, base,
                                                                               window);
}

int fsync(int file) {
  const int reason = reason_of("FOLDER_FSYNC_ERRNO");
  if (reason != 0 && is_folder(file)) {
    errno = reason;
    return -1;
  }
  return reinterpret_cast<int (*)(int)>(::dlsym(RTLD_NEXT, "fsync"))(file);
}
}
