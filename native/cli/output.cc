#include "cli/output.h"

#include <cerrno>
#include <cstdio>

#include "format/error.h"

namespace flatmanifest::cli {

void Print(std::string_view text) { Print(std::as_bytes(std::span(text))); }

void Print(std::span<const std::byte> bytes) {
  const size_t written = std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  if (written != bytes.size() || std::fflush(stdout) != 0) {
    throw IoError("cannot write", "standard output", errno);
  }
}

void Write(const std::string& path, std::string_view text) {
  if (path.empty() || path == "-") return Print(text);
  WarnUnlessDurable(Publish(path, std::as_bytes(std::span(text)), Flush::kToDisk, Existing::kKeep));
}

void PrintWarnings(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) {
    std::fprintf(stderr, "warning: %s\n", warning.c_str());
  }
}

void WarnUnlessDurable(const Durability& durability) {
  if (durability.is_certain()) return;
  std::fprintf(stderr, "flatmanifest: warning: %s\n", durability.warning.c_str());
}

std::string Grouped(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, ",");
  return digits;
}

std::string Megabytes(uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

}  // namespace flatmanifest::cli
