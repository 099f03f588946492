// The directory of the templates' sockets, and the name of the socket of a template.

#ifndef FLATMANIFEST_RESIDENT_PLACE_H_
#define FLATMANIFEST_RESIDENT_PLACE_H_

#include <string>
#include <vector>

#include "store/descriptor.h"

namespace flatmanifest::resident {

// A directory that belongs to this user and that nobody else can enter (mode 0700), opened.
struct Place {
  Descriptor directory;
  std::string path;  // of the directory
};

// Opens `flatmanifest-resident` in XDG_RUNTIME_DIR, else in XDG_CACHE_HOME, else `~/.cache`; makes
// the directory if it is missing. Throws FormatError if there is no such directory, if it is a
// symbolic link, or if others may enter it; IoError if it cannot be made or opened.
Place OpenPlace();

// The name of the socket of the template that serves this process with the Python at `python`:
// hexadecimal digits. Throws IoError.
std::string SocketName(const std::string& python);

// The names of the sockets in a place. Throws IoError.
std::vector<std::string> SocketNames(const Place& place);

// Connects to a socket in a place whose other end belongs to this user. Returns -1 as descriptor if
// nobody listens there. Throws FormatError if the other end belongs to somebody else; IoError.
Descriptor Connect(const Place& place, const std::string& name);

}  // namespace flatmanifest::resident

#endif  // FLATMANIFEST_RESIDENT_PLACE_H_
