# What comes from the system's packages. What is missing is named all at once, by its package.

option(FLATMANIFEST_STATIC "Link libraries statically where the system has archives of them that serve" ON)
set(FLATMANIFEST_SIMDJSON_SOURCE "" CACHE PATH
    "A directory with simdjson.h and simdjson.cpp to compile; by default, the system's library is used")

include(${CMAKE_CURRENT_LIST_DIR}/notices.cmake)

set(missing_packages "")

macro(flatmanifest_missing package)
  list(APPEND missing_packages ${package})
endmacro()

if(FLATMANIFEST_COMPILER)
  include(CheckCXXSourceCompiles)
else()
  flatmanifest_missing(g++)
  # A compiler would say where Debian has libraries; what else is missing is found out without one.
  set(CMAKE_LIBRARY_ARCHITECTURE ${CMAKE_HOST_SYSTEM_PROCESSOR}-linux-gnu)
endif()

# Whether the archive's code may be linked into the extension module: where Debian compiles an archive for programs
# alone, only with its names hidden.
function(flatmanifest_archive_serves variable archive include_dir source)
  set(CMAKE_REQUIRED_QUIET ON)
  set(CMAKE_REQUIRED_FLAGS -fPIC)
  set(CMAKE_REQUIRED_INCLUDES ${include_dir})
  set(CMAKE_REQUIRED_LIBRARIES ${archive})
  set(CMAKE_REQUIRED_LINK_OPTIONS -shared ${hide_archives})
  check_cxx_source_compiles("${source}" ${variable})
endfunction()

set(hide_archives "")
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set(hide_archives -Wl,--exclude-libs,ALL)
endif()
# Clang's sanitizers are an archive, with functions that take the place of libstdc++'s by their names.
if(NOT FLATMANIFEST_SANITIZE)
  add_link_options(${hide_archives})
endif()

# flatmanifest_library(NAME HEADER h LIBRARY l PACKAGE p USE expression): the target fman_NAME. `expression` calls what
# of the library is used.
function(flatmanifest_library name)
  cmake_parse_arguments(WANTED "" "HEADER;LIBRARY;PACKAGE;USE" "" ${ARGN})
  string(TOUPPER ${name} prefix)
  find_path(${prefix}_INCLUDE_DIR ${WANTED_HEADER})
  find_library(${prefix}_LIBRARY ${WANTED_LIBRARY})
  if(NOT ${prefix}_INCLUDE_DIR OR NOT ${prefix}_LIBRARY)
    flatmanifest_missing(${WANTED_PACKAGE})
    set(missing_packages ${missing_packages} PARENT_SCOPE)
    return()
  endif()
  set(chosen ${${prefix}_LIBRARY})
  find_library(${prefix}_ARCHIVE lib${WANTED_LIBRARY}.a)
  if(FLATMANIFEST_STATIC AND FLATMANIFEST_COMPILER AND ${prefix}_ARCHIVE)
    flatmanifest_archive_serves(${prefix}_ARCHIVE_SERVES ${${prefix}_ARCHIVE} ${${prefix}_INCLUDE_DIR}
                                "#include <${WANTED_HEADER}>\nextern \"C\" int used() { return ${WANTED_USE}; }")
    if(${prefix}_ARCHIVE_SERVES)
      set(chosen ${${prefix}_ARCHIVE})
    endif()
  endif()
  flatmanifest_has_notice(${name} ${${prefix}_INCLUDE_DIR}/${WANTED_HEADER})
  add_library(fman_${name} INTERFACE)
  target_include_directories(fman_${name} SYSTEM INTERFACE ${${prefix}_INCLUDE_DIR})
  target_link_libraries(fman_${name} INTERFACE ${chosen})
endfunction()

# flatmanifest_headers(NAME HEADER h PACKAGE p): the target fman_NAME. By the header, because the CMake packages of
# these differ between distributions.
function(flatmanifest_headers name)
  cmake_parse_arguments(WANTED "" "HEADER;PACKAGE" "" ${ARGN})
  string(TOUPPER ${name} prefix)
  find_path(${prefix}_INCLUDE_DIR ${WANTED_HEADER})
  if(NOT ${prefix}_INCLUDE_DIR)
    flatmanifest_missing(${WANTED_PACKAGE})
    set(missing_packages ${missing_packages} PARENT_SCOPE)
    return()
  endif()
  flatmanifest_has_notice(${name} ${${prefix}_INCLUDE_DIR}/${WANTED_HEADER})
  add_library(fman_${name} INTERFACE)
  target_include_directories(fman_${name} SYSTEM INTERFACE ${${prefix}_INCLUDE_DIR})
endfunction()

# flatmanifest_package(NAME TARGET t HEADER h PACKAGE p): what has a CMake package of one name everywhere.
macro(flatmanifest_package name)
  cmake_parse_arguments(WANTED "" "TARGET;HEADER;PACKAGE" "" ${ARGN})
  find_package(${name} QUIET)
  if(${name}_FOUND)
    get_target_property(directories ${WANTED_TARGET} INTERFACE_INCLUDE_DIRECTORIES)
    find_file(${name}_HEADER ${WANTED_HEADER} HINTS ${directories})
    flatmanifest_has_notice(${name} ${${name}_HEADER})
  else()
    flatmanifest_missing(${WANTED_PACKAGE})
  endif()
endmacro()

flatmanifest_package(CLI11 TARGET CLI11::CLI11 HEADER CLI/CLI.hpp PACKAGE libcli11-dev)
flatmanifest_package(nlohmann_json TARGET nlohmann_json::nlohmann_json HEADER nlohmann/json.hpp
                     PACKAGE nlohmann-json3-dev)

flatmanifest_headers(boost HEADER boost/version.hpp PACKAGE libboost-dev)
if(TARGET fman_boost)
  add_library(Boost::headers ALIAS fman_boost)
  file(STRINGS ${BOOST_INCLUDE_DIR}/boost/version.hpp boost_version REGEX "^#define BOOST_VERSION ")
  string(REGEX REPLACE "[^0-9]" "" boost_version "${boost_version}")
  if(boost_version LESS 107400)
    flatmanifest_missing("libboost-dev>=1.74")
  endif()
endif()

find_program(FLATC_EXECUTABLE flatc)
if(NOT FLATC_EXECUTABLE)
  flatmanifest_missing(flatbuffers-compiler)
endif()
flatmanifest_headers(flatbuffers HEADER flatbuffers/flatbuffers.h PACKAGE libflatbuffers-dev)
flatmanifest_headers(xxhash HEADER xxhash.h PACKAGE libxxhash-dev)

flatmanifest_library(utf8proc HEADER utf8proc.h LIBRARY utf8proc PACKAGE libutf8proc-dev USE "utf8proc_category(65)")
flatmanifest_library(sodium HEADER sodium.h LIBRARY sodium PACKAGE libsodium-dev
                     USE "sodium_init() + crypto_generichash_init(0, 0, 0, 0)")
flatmanifest_library(zlib HEADER zlib.h LIBRARY z PACKAGE zlib1g-dev USE "inflateInit2(0, 31) + inflate(0, 0)")

flatmanifest_library(zstd HEADER zstd.h LIBRARY zstd PACKAGE libzstd-dev
                     USE "ZSTD_compress(0, 0, 0, 0, 1) + ZSTD_decompress(0, 0, 0, 0)")

if(FLATMANIFEST_SIMDJSON_SOURCE)
  add_library(fman_simdjson STATIC ${FLATMANIFEST_SIMDJSON_SOURCE}/simdjson.cpp)
  target_include_directories(fman_simdjson SYSTEM PUBLIC ${FLATMANIFEST_SIMDJSON_SOURCE})
  flatmanifest_has_notice(simdjson ${FLATMANIFEST_SIMDJSON_SOURCE}/simdjson.cpp)
else()
  find_path(SIMDJSON_INCLUDE_DIR simdjson.h)
  if(FLATMANIFEST_COMPILER)  # which simdjson's CMake package asks for threads
    find_package(simdjson QUIET)
  endif()
  find_library(SIMDJSON_ARCHIVE libsimdjson.a)
  if(NOT SIMDJSON_INCLUDE_DIR OR (FLATMANIFEST_COMPILER AND NOT simdjson_FOUND))
    flatmanifest_missing(libsimdjson-dev)
  elseif(FLATMANIFEST_STATIC AND SIMDJSON_ARCHIVE)
    add_library(fman_simdjson INTERFACE)
    target_include_directories(
      fman_simdjson SYSTEM INTERFACE $<TARGET_PROPERTY:simdjson::simdjson,INTERFACE_INCLUDE_DIRECTORIES>)
    target_link_libraries(fman_simdjson INTERFACE ${SIMDJSON_ARCHIVE})
  elseif(simdjson_FOUND)
    add_library(fman_simdjson ALIAS simdjson::simdjson)
  endif()
  flatmanifest_has_notice(simdjson ${SIMDJSON_INCLUDE_DIR}/simdjson.h)
endif()

if(FLATMANIFEST_BUILD_PYTHON)
  find_package(Python QUIET COMPONENTS Interpreter Development.Module)
  if(NOT Python_FOUND)
    flatmanifest_missing(python3-dev)
  endif()
endif()

if(missing_packages)
  list(JOIN missing_packages " " missing_packages)
  # With a space in front, CMake does not break the line.
  message(FATAL_ERROR " flatmanifest needs system packages that are missing: apt-get install ${missing_packages} "
                      "(Debian, Ubuntu; elsewhere, what has the same libraries)")
endif()

find_package(Threads REQUIRED)
target_compile_definitions(fman_xxhash INTERFACE XXH_INLINE_ALL)
