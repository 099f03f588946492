#include "front/user_id.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string_view>
#include <system_error>

#include "format/error.h"
#include "freshness/file_contents.h"
#include "store/descriptor.h"

namespace flatmanifest::front {

namespace {

constexpr std::string_view kKey = "id: ";
constexpr size_t kUuidSize = 36;
constexpr size_t kMostBytes = 1000;

}  // namespace

std::string NewUuid() {
  std::random_device device;
  uint32_t words[4];
  for (uint32_t& word : words) word = device();
  words[1] = (words[1] & 0xFFFF0FFFU) | 0x00004000U;
  words[2] = (words[2] & 0x3FFFFFFFU) | 0x80000000U;
  char text[kUuidSize + 1];
  std::snprintf(text, sizeof(text), "%08x-%04x-%04x-%04x-%04x%08x", words[0], words[1] >> 16,
                words[1] & 0xFFFF, words[2] >> 16, words[2] & 0xFFFF, words[3]);
  return text;
}

std::optional<std::string> UserIdAt(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::exists(path, error) &&
      fs::exists(fs::path(path).parent_path() / "profiles.yml", error)) {
    try {
      const Descriptor file = OpenToWrite(path, O_CREAT | O_EXCL);
      WriteAll(file.get(), std::string(kKey) + NewUuid() + "\n", path);
    } catch (const IoError&) {  // another process has made it, or nobody can
    }
  }
  const auto text = ReadFiles({&path, 1}, kMostBytes, 1)[0];
  if (!text || !text->starts_with(kKey)) return std::nullopt;
  const std::string id = text->substr(kKey.size(), kUuidSize);
  const bool is_id = id.size() == kUuidSize && std::all_of(id.begin(), id.end(), [](char digit) {
                       return digit == '-' || std::isxdigit(static_cast<unsigned char>(digit)) != 0;
                     });
  if (!is_id || text->substr(kKey.size() + kUuidSize) != "\n") return std::nullopt;
  return id;
}

}  // namespace flatmanifest::front
