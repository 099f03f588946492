// Standard output, and numbers as people read them.

#ifndef FLATMANIFEST_CLI_OUTPUT_H_
#define FLATMANIFEST_CLI_OUTPUT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/publish.h"

namespace flatmanifest::cli {

// Write all of it and flush. Throw IoError: a full disk or a closed pipe must not look like
// success.
void Print(std::string_view text);
void Print(std::span<const std::byte> bytes);

// Publishes a text as a whole file, or prints it if the path is "" or "-". Throws IoError.
void Write(const std::string& path, std::string_view text);

// Prints dbt's warnings on standard error.
void PrintWarnings(const std::vector<std::string>& warnings);

// Prints a line on standard error if a power failure may lose a file that is in place.
void WarnUnlessDurable(const Durability& durability);

// 18714240 as "18,714,240".
std::string Grouped(uint64_t number);
// 18714240 as "18.7 MB".
std::string Megabytes(uint64_t bytes);

}  // namespace flatmanifest::cli

#endif  // FLATMANIFEST_CLI_OUTPUT_H_
