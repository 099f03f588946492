// Changes .fman files by their structure: the columns that the schema names, the cells in them, and
// the numbers of the header.

#ifndef FLATMANIFEST_TESTS_FUZZ_FILE_MUTATOR_H_
#define FLATMANIFEST_TESTS_FUZZ_FILE_MUTATOR_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace flatmanifest::fuzz {

using Bytes = std::vector<std::byte>;
using Random = std::mt19937_64;

// From 0 to `limit` - 1; 0 if that is 0.
size_t Below(size_t limit, Random& random);

// A number that is off by one, too large, or negative where it is taken for signed.
uint32_t OtherNumber(uint32_t number, Random& random);

// Makes one change: an element, a range or the length of a column, where a column begins, how many
// elements it has, a cell's kind, a number of the header; or a column becomes that of `other`, if
// that is a file too. False, and nothing changed, if the FlatBuffer does not hold together. The
// checksum stays as it was (testing/reseal.h).
bool MutateStructure(Bytes& file, std::span<const std::byte> other, Random& random);

// The elements of one column; empty if the FlatBuffer does not hold together, or if the column is.
std::span<std::byte> AnyColumn(Bytes& file, Random& random);

}  // namespace flatmanifest::fuzz

#endif  // FLATMANIFEST_TESTS_FUZZ_FILE_MUTATOR_H_
