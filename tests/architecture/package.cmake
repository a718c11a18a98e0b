# Installs a build into an empty folder, builds a project that finds it there, and runs both programs.
function(run_step)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK})
run_step(${CMAKE_COMMAND} --install ${BUILD} --config ${CONFIG} --prefix ${WORK}/prefix)
run_step(${WORK}/prefix/bin/hecaton --version)
run_step(${WORK}/prefix/bin/hecaton validate ${WORK}/prefix/${DATA}/hecaton/decks/quickstart.toml)
foreach(file IN ITEMS man/man1/hecaton.1 man/man1/hecaton-export.1 bash-completion/completions/hecaton
                      zsh/site-functions/_hecaton fish/vendor_completions.d/hecaton.fish
                      hecaton/python/pyproject.toml hecaton/python/hecaton/__init__.py)
  if(NOT EXISTS ${WORK}/prefix/${DATA}/${file})
    message(FATAL_ERROR "${file} is not installed")
  endif()
endforeach()
run_step(${CMAKE_COMMAND} -G ${GENERATOR} -S ${CONSUMER} -B ${WORK}/build -DCMAKE_PREFIX_PATH=${WORK}/prefix
         -DCMAKE_BUILD_TYPE=${CONFIG})
run_step(${CMAKE_COMMAND} --build ${WORK}/build)
run_step(${WORK}/build/consumer)
