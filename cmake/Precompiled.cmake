# Headers of other projects and of the standard library, compiled once for many sources, which takes about a third of
# the time off a build from nothing. They are no part of what a source may rely on: each includes all that it uses, and
# tests/architecture checks it. Headers of the house are not among them, so that a change of one compiles only what
# includes it.

# ccache knows these files by their content and dates, which are others in each build folder: with a compiler launcher
# every source would be compiled anew. Compilers other than GCC ask more of what sources have in common.
set(precompiled OFF)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(precompiled ON)
endif()
option(HECATON_PRECOMPILED "Compile headers of other projects once for many sources" ${precompiled})

set(HECATON_PRECOMPILED_std
  <algorithm> <array> <bit> <chrono> <cmath> <cstdint> <functional> <limits> <map> <memory> <numeric> <optional> <set>
  <span> <stdexcept> <string> <string_view> <tuple> <utility> <variant> <vector>)
set(HECATON_PRECOMPILED_fmt ${HECATON_PRECOMPILED_std} <filesystem> <fmt/format.h>)
set(HECATON_PRECOMPILED_mpi ${HECATON_PRECOMPILED_fmt} <boost/mpi/collectives.hpp> <boost/mpi/communicator.hpp>)
set(HECATON_PRECOMPILED_cli ${HECATON_PRECOMPILED_mpi} <CLI/CLI.hpp>)

# All that a target with these links sees, itself and by way of others.
function(hecaton_all_links result)
  set(links "")
  set(waiting ${ARGN})
  while(waiting)
    list(POP_FRONT waiting link)
    if(NOT TARGET ${link} OR link IN_LIST links)
      continue()
    endif()
    list(APPEND links ${link})
    get_target_property(more ${link} INTERFACE_LINK_LIBRARIES)
    if(more)
      list(APPEND waiting ${more})
    endif()
  endwhile()
  set(${result} ${links} PARENT_SCOPE)
endfunction()

# hecaton_precompile(TARGET LINKS...): gives a target the richest set that goes with what it links. A set is made with
# the definitions of the targets below: a source that lacks one of them cannot use it, one that has more can.
function(hecaton_precompile target)
  if(NOT HECATON_PRECOMPILED)
    return()
  endif()
  hecaton_all_links(links ${ARGN})
  set(kind std)
  set(needs "")
  if("fmt::fmt" IN_LIST links)
    set(kind fmt)
    set(needs fmt::fmt)
    if("Boost::mpi" IN_LIST links AND "Boost::serialization" IN_LIST links)
      set(kind mpi)
      list(APPEND needs Boost::mpi MPI::MPI_CXX)
      if("CLI11::CLI11" IN_LIST links)
        set(kind cli)
        list(APPEND needs CLI11::CLI11)
      endif()
    endif()
  endif()
  set(headers ${HECATON_PRECOMPILED_${kind}})
  if("GTest::gtest" IN_LIST links)
    string(APPEND kind _test)
    list(APPEND needs GTest::gtest)
    list(APPEND headers <gtest/gtest.h>)
  endif()
  set(set hecaton_precompiled_${kind})
  if(NOT TARGET ${set})
    file(WRITE ${PROJECT_BINARY_DIR}/precompiled/${kind}.cpp "")
    add_library(${set} OBJECT ${PROJECT_BINARY_DIR}/precompiled/${kind}.cpp)
    target_compile_features(${set} PUBLIC cxx_std_20)
    target_link_libraries(${set} PRIVATE hecaton_options ${needs})
    target_precompile_headers(${set} PRIVATE ${headers})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${set})
  # GCC 12 sees mistakes in std::string where there are none (its bugs 105329 and 105651), and says so in more places of
  # headers that have been precompiled. Without them the same warnings stay errors.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-error=restrict -Wno-error=stringop-overflow
                                             -Wno-error=stringop-overread -Wno-error=array-bounds)
  endif()
endfunction()
