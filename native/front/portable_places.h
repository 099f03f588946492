// The roots of paths for a parse and for a command line, and the names of portable files.

#ifndef FLATMANIFEST_FRONT_PORTABLE_PLACES_H_
#define FLATMANIFEST_FRONT_PORTABLE_PLACES_H_

#include <string>

#include "front/command_line.h"
#include "front/places.h"
#include "portable/roots.h"

namespace flatmanifest::front {

// The roots of a parse: project, target directory, Python and home. `program_directory` is the
// directory of Python's executable; a virtual environment's pyvenv.cfg names that of its base.
portable::Roots ParseRoots(const std::string& project, const std::string& target,
                           const std::string& program_directory);

// The roots of a command: those of a parse, the working directory, and where --profiles-dir and
// --log-path lead if they are absolute.
portable::Roots CommandRoots(const Places& places, const CommandLine& line,
                             const std::string& program_directory);

// As TranscriptPath, but equal in all places: the first part of the name of a portable transcript.
std::string PortableTranscriptKey(const Places& places, const CommandLine& line,
                                  const std::string& program_directory,
                                  const portable::Roots& roots);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_PORTABLE_PLACES_H_
