# Run at build time: writes OUTPUT from INPUT with the commit of SOURCE_DIR; touches the file only if it changes.
set(HECATON_GIT "unknown")
find_program(git git)
if(git AND EXISTS ${SOURCE_DIR}/.git)
  execute_process(COMMAND ${git} --no-optional-locks -C ${SOURCE_DIR} describe --always --dirty --abbrev=12 --exclude=*
                  OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(HECATON_GIT "${described}")
  endif()
endif()
configure_file(${INPUT} ${OUTPUT} @ONLY)
