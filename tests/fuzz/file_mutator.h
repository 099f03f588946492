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

// A number from 0 to `limit` - 1; 0 if `limit` is 0.
size_t Below(size_t limit, Random& random);

// A faulty number: off by one, too large, or negative if it is read as signed.
uint32_t OtherNumber(uint32_t number, Random& random);

// Makes one change: to an element, a range, the length, the beginning or the declared size of a
// column, to a cell's kind, or to a number of the header; or replaces a column by that of `other`,
// if that is a file too. Returns false, with nothing changed, if the FlatBuffer is broken. The
// checksum stays unchanged (testing/reseal.h).
bool MutateStructure(Bytes& file, std::span<const std::byte> other, Random& random);

// The elements of one column; empty if the FlatBuffer is broken, or if the column is empty.
std::span<std::byte> AnyColumn(Bytes& file, Random& random);

}  // namespace flatmanifest::fuzz

#endif  // FLATMANIFEST_TESTS_FUZZ_FILE_MUTATOR_H_
