# Read by ctest before it starts a test: what the tests' processes find in their environment. What the caller has
# set stays.
file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/../runs/small-machine.sh settings REGEX "^export ")
foreach(setting IN LISTS settings)
  string(REGEX MATCH "^export ([A-Za-z0-9_]+)=(.*)$" assignment "${setting}")
  if(assignment AND NOT DEFINED ENV{${CMAKE_MATCH_1}})
    set(ENV{${CMAKE_MATCH_1}} "${CMAKE_MATCH_2}")
  endif()
endforeach()

# Only read by programs built with sanitizers. Without the slow unwinder the suppressions do not match. The leak
# checker dies of signal 11 when it looks for the thread-local data of threads that MPI has left behind.
if(NOT DEFINED ENV{LSAN_OPTIONS})
  set(ENV{LSAN_OPTIONS} "suppressions=${CMAKE_CURRENT_LIST_DIR}/support/lsan.supp:print_suppressions=0:use_tls=0")
endif()
if(NOT DEFINED ENV{ASAN_OPTIONS})
  set(ENV{ASAN_OPTIONS} "fast_unwind_on_malloc=0")
endif()
if(NOT DEFINED ENV{UBSAN_OPTIONS})
  set(ENV{UBSAN_OPTIONS} "print_stacktrace=1")
endif()
