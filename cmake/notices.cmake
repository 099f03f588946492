# The licence notices of the libraries, for the wheel's dist-info (docs/dependencies.md).

# flatmanifest_has_notice(NAME HEADER): the header belongs to a library that a wheel has parts of.
function(flatmanifest_has_notice name header)
  set_property(GLOBAL APPEND PROPERTY flatmanifest_libraries "${name}=${header}")
endfunction()

# Only release-check demands all of them: what is built for one machine is not published.
function(flatmanifest_install_notices destination)
  set(directory ${CMAKE_BINARY_DIR}/notices)
  get_property(libraries GLOBAL PROPERTY flatmanifest_libraries)
  file(REMOVE_RECURSE ${directory})
  execute_process(COMMAND ${Python_EXECUTABLE} ${PROJECT_SOURCE_DIR}/setup/notices.py ${directory} ${libraries}
                  RESULT_VARIABLE status ERROR_VARIABLE lacking OUTPUT_QUIET)
  if(NOT status EQUAL 0)
    message(WARNING "The wheel is not fit to be published: ${lacking}")
  endif()
  install(DIRECTORY ${directory}/ DESTINATION ${destination})
endfunction()
