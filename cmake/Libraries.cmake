# What the project builds on (all from Debian packages) and how a room of the house is declared.

find_package(MPI REQUIRED COMPONENTS C CXX)
find_package(Boost 1.74 REQUIRED COMPONENTS mpi serialization)
set(HDF5_PREFER_PARALLEL ON)
find_package(HDF5 REQUIRED COMPONENTS C)
if(NOT HDF5_IS_PARALLEL)
  message(FATAL_ERROR "HDF5 was found without MPI support; install libhdf5-openmpi-dev")
endif()
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(cereal REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Protobuf REQUIRED)
find_package(yaml-cpp REQUIRED)
list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})
find_package(SCOTCH 7 REQUIRED)

# Several sources of a target are compiled as one (hecaton_unite), so that what their headers and templates cost is
# paid once: half the time of a build from nothing. Off where a compiler's cache is at work, which wants small steps.
# What is of one file only must then have a name of its own within its room; tests have a namespace for each file.
set(united ON)
if(CMAKE_CXX_COMPILER_LAUNCHER)
  set(united OFF)
endif()
option(HECATON_UNITED "Compile several sources of a library as one" ${united})

# A name of one file may be that of a variable in another one that is compiled with it.
set(shadow -Wshadow)
if(HECATON_UNITED AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(shadow -Wshadow=local)
endif()

# How this project compiles its own code; an installed copy of the target is empty.
add_library(hecaton_options INTERFACE)
target_compile_options(hecaton_options INTERFACE
  $<BUILD_INTERFACE:-Wall> $<BUILD_INTERFACE:-Wextra> $<BUILD_INTERFACE:${shadow}> $<BUILD_INTERFACE:-Wconversion>
  $<BUILD_INTERFACE:-Wno-sign-conversion> $<BUILD_INTERFACE:-Wnon-virtual-dtor>)
if(HECATON_WARNINGS_AS_ERRORS)
  target_compile_options(hecaton_options INTERFACE $<BUILD_INTERFACE:-Werror>)
endif()
if(HECATON_SANITIZE)
  # GCC sees uninitialised members of variants where the sanitizers have rewritten their moves.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(hecaton_options INTERFACE $<BUILD_INTERFACE:-Wno-maybe-uninitialized>)
  endif()
  target_compile_options(hecaton_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined
                                                   -fno-omit-frame-pointer)
  target_link_options(hecaton_options INTERFACE -fsanitize=address,undefined)
endif()
if(HECATON_FUZZ)
  target_compile_options(hecaton_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# See HECATON_UNITED.
function(hecaton_unite target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${HECATON_UNITED} UNITY_BUILD_BATCH_SIZE 8)
endfunction()

# hecaton_optimise_less(TARGET): for sources whose pace nobody feels, because people read what they write: options, decks,
# tables, tests of them. Compiling them takes two thirds of the time so.
function(hecaton_optimise_less target)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(${target} PRIVATE -O1)
  endif()
endfunction()

# hecaton_room(NAME [UNHURRIED] SOURCES file... USES target...)
# One library of the house. USES lists the only rooms and libraries it may know; tests/architecture checks that its
# includes agree. A room without sources is header-only. UNHURRIED: see hecaton_optimise_less.
function(hecaton_room name)
  cmake_parse_arguments(ROOM "UNHURRIED" "" "SOURCES;USES" ${ARGN})
  if(ROOM_SOURCES)
    add_library(${name} STATIC ${ROOM_SOURCES})
    target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                                              $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/hecaton>)
    target_link_libraries(${name} PRIVATE hecaton_options PUBLIC ${ROOM_USES})
    target_compile_features(${name} PUBLIC cxx_std_20)
    hecaton_precompile(${name} ${ROOM_USES})
    hecaton_unite(${name})
    if(ROOM_UNHURRIED)
      hecaton_optimise_less(${name})
    endif()
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                                                 $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/hecaton>)
    target_link_libraries(${name} INTERFACE ${ROOM_USES})
    target_compile_features(${name} INTERFACE cxx_std_20)
  endif()
  install(TARGETS ${name} EXPORT hecaton)
endfunction()
