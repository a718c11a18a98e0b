# Puts an installed copy back to where it was installed, and uninstalls it: nothing is left but what the user has added.
file(RENAME ${WORK}/prefix ${WORK}/hecaton)
file(WRITE ${WORK}/hecaton/${DATA}/hecaton/decks/mine.toml "")
execute_process(COMMAND ${CMAKE_COMMAND} -DMANIFEST=${WORK}/manifest.txt -P ${SCRIPT} COMMAND_ERROR_IS_FATAL ANY)
file(GLOB_RECURSE left RELATIVE ${WORK}/hecaton ${WORK}/hecaton/*)
list(FILTER left EXCLUDE REGEX "__pycache__")
if(NOT left STREQUAL "${DATA}/hecaton/decks/mine.toml")
  message(FATAL_ERROR "what is left: ${left}")
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -DMANIFEST=${WORK}/none.txt -P ${SCRIPT} RESULT_VARIABLE code ERROR_VARIABLE said)
string(REGEX REPLACE "[ \n]+" " " said "${said}")  # CMake breaks what it says into lines, by the length of paths
if(code EQUAL 0 OR NOT said MATCHES "nothing was installed")
  message(FATAL_ERROR "without a list it ends with ${code}: ${said}")
endif()
