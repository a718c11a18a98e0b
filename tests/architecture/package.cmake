# Installs a build into an empty folder, builds a project that finds it there, and runs both programs.
function(run_step)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK})
run_step(${CMAKE_COMMAND} --install ${BUILD} --config ${CONFIG} --prefix ${WORK}/prefix)
run_step(${WORK}/prefix/bin/hecaton --version)
run_step(${WORK}/prefix/bin/hecaton validate ${WORK}/prefix/${DATA}/hecaton/decks/quickstart.toml)
run_step(${CMAKE_COMMAND} -G ${GENERATOR} -S ${CONSUMER} -B ${WORK}/build -DCMAKE_PREFIX_PATH=${WORK}/prefix
         -DCMAKE_BUILD_TYPE=${CONFIG})
run_step(${CMAKE_COMMAND} --build ${WORK}/build)
run_step(${WORK}/build/consumer)
