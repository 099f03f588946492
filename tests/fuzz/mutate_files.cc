// Damages real files, a given number of times, by their structure (file_mutator.h) or anywhere:
// each is refused with a FormatError or is all that Verify promises, and nothing that is read of it
// leaves it. The sanitizers watch.
//
//   mutate_files COUNT SEED FILE…     as in: mutate_files 100000 1 target/flatmanifest/*.fman
//
// Each case is told by SEED and its number; the one at which the process dies is printed, and
// `mutate_files 1 NUMBER FILE…`, with SEED + number for NUMBER, is that case alone.

#include <sanitizer/common_interface_defs.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/file_mutator.h"
#include "fuzz/read_everything.h"
#include "testing/reseal.h"

namespace flatmanifest::fuzz {
namespace {

uint64_t current_case = 0;

void SayCase() {
  std::fprintf(stderr, "mutate_files: died at case %llu\n",
               static_cast<unsigned long long>(current_case));
}

Bytes ReadFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
  return {bytes, bytes + text.size()};
}

// Most of a file is text. Offsets and lengths, which readers trust, lie near its ends.
size_t Place(const Bytes& file, Random& random) {
  constexpr size_t kNearEnd = 512;
  const size_t near = std::min(file.size(), kNearEnd);
  switch (Below(4, random)) {
    case 0:
      return Below(near, random);
    case 1:
      return file.size() - 1 - Below(near, random);
    default:
      return Below(file.size(), random);
  }
}

void FlipBits(Bytes& file, Random& random) {
  for (size_t left = 1 + Below(8, random); left > 0; --left) {
    file[Place(file, random)] ^= std::byte{1} << Below(8, random);
  }
}

void ChangeNumber(Bytes& file, Random& random) {
  if (file.size() < sizeof(uint32_t)) return;
  const size_t place = Place(file, random) / sizeof(uint32_t) * sizeof(uint32_t);
  if (place + sizeof(uint32_t) > file.size()) return;
  uint32_t number = 0;
  std::memcpy(&number, &file[place], sizeof(number));
  number = OtherNumber(number, random);
  std::memcpy(&file[place], &number, sizeof(number));
}

// Overwrites a part with a part of another file, or of this one.
void Splice(Bytes& file, const Bytes& other, Random& random) {
  constexpr size_t kLongest = 4096;
  const size_t from = Below(other.size(), random);
  const size_t to = Below(file.size(), random);
  const size_t length =
      std::min({1 + Below(kLongest, random), other.size() - from, file.size() - to});
  std::memmove(&file[to], &other[from], length);
}

void Insert(Bytes& file, Random& random) {
  const size_t count = 1 + Below(64, random);
  file.insert(file.begin() + static_cast<ptrdiff_t>(Below(file.size(), random)), count,
              static_cast<std::byte>(Below(256, random)));
}

void Truncate(Bytes& file, Random& random) { file.resize(1 + Below(file.size(), random)); }

void Append(Bytes& file, Random& random) { file.resize(file.size() + 1 + Below(4096, random)); }

void Zero(Bytes& file, Random& random) {
  const size_t begin = Below(file.size(), random);
  const size_t length = std::min(file.size() - begin, 1 + Below(4096, random));
  std::fill_n(file.begin() + static_cast<ptrdiff_t>(begin), length, std::byte{0});
}

void MutateBytes(Bytes& file, const Bytes& other, Random& random) {
  switch (Below(10, random)) {
    case 0:
      return Splice(file, other, random);
    case 1:
      return Insert(file, random);
    case 2:
      return Truncate(file, random);
    case 3:
      return Append(file, random);
    case 4:
      return Zero(file, random);
    case 5:
    case 6:
    case 7:
      return ChangeNumber(file, random);
    default:
      return FlipBits(file, random);
  }
}

void Mutate(Bytes& file, const Bytes& other, Random& random) {
  if (Below(2, random) == 0 && MutateStructure(file, other, random)) return;
  MutateBytes(file, other, random);
}

struct Tally {
  uint64_t refused = 0;
  uint64_t intact = 0;
};

void Count(bool is_verified, Tally& tally) { ++(is_verified ? tally.intact : tally.refused); }

void RunCase(uint64_t seed, const std::vector<Bytes>& files, Tally& tally) {
  current_case = seed;
  Random random(seed);
  Bytes file = files[Below(files.size(), random)];
  const Bytes& other = files[Below(files.size(), random)];
  for (size_t left = 1 + Below(3, random); left > 0; --left) Mutate(file, other, random);
  file.shrink_to_fit();  // so that no read beyond it goes unseen
  Count(ReadEverything(file), tally);
  // Reads it again with a fitted header, as of a forged file.
  if (testing::Reseal(file)) Count(ReadEverything(file), tally);
}

bool ReadNumber(std::string_view text, uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

int Run(uint64_t count, uint64_t seed, const std::vector<Bytes>& files) {
  __sanitizer_set_death_callback(SayCase);
  const auto start = std::chrono::steady_clock::now();
  Tally tally;
  for (uint64_t i = 0; i < count; ++i) RunCase(seed + i, files, tally);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf(
      "mutate_files: %llu damaged copies of %zu files in %.0f s: read %llu times, refused %llu "
      "times, whole %llu times\n",
      static_cast<unsigned long long>(count), files.size(), seconds.count(),
      static_cast<unsigned long long>(tally.refused + tally.intact),
      static_cast<unsigned long long>(tally.refused),
      static_cast<unsigned long long>(tally.intact));
  return 0;
}

}  // namespace
}  // namespace flatmanifest::fuzz

int main(int argc, char** argv) {
  uint64_t count = 0;
  uint64_t seed = 0;
  std::vector<flatmanifest::fuzz::Bytes> files;
  if (argc > 3 && flatmanifest::fuzz::ReadNumber(argv[1], count) &&
      flatmanifest::fuzz::ReadNumber(argv[2], seed)) {
    for (int i = 3; i < argc; ++i) files.push_back(flatmanifest::fuzz::ReadFile(argv[i]));
    std::erase_if(files, [](const auto& file) { return file.empty(); });
  }
  if (files.empty()) {
    std::fprintf(stderr, "usage: mutate_files COUNT SEED FILE...\n");
    return 2;
  }
  return flatmanifest::fuzz::Run(count, seed, files);
}
