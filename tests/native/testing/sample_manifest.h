// Small documents, and conversions from JSON text to a document and back.

#ifndef FLATMANIFEST_TESTS_NATIVE_TESTING_SAMPLE_MANIFEST_H_
#define FLATMANIFEST_TESTS_NATIVE_TESTING_SAMPLE_MANIFEST_H_

#include <string>
#include <string_view>

#include "format/cell.h"
#include "format/document.h"
#include "format/writer.h"

namespace flatmanifest::testing {

// The name of files in the messages of the documents below.
inline constexpr char kSampleName[] = "sample.fman";

// A manifest of four resources with every kind of JSON value, as json.dumps writes it.
// model.shop.orders depends on model.shop.stg_orders, which depends on source.shop.raw.orders;
// macro.shop.cents is outside the graph.
std::string SampleManifest();

// The JSON text with the first `text` replaced. Fails the test if there is none.
std::string Edited(std::string_view json, std::string_view text, std::string_view replacement);

// The .fman file for a manifest's JSON text.
FileImage Convert(std::string_view json, const FileFacts& facts = {});

// A file of `root`, a value of `writer`, without resources. By default it declares as many values
// as the largest document of these tests has.
FileImage FinishWithoutResources(Writer writer, Cell root,
                                 const FileFacts& facts = {.value_count = 1'000'000});

// A document over the bytes of `image`, which must outlive it.
Document Open(const FileImage& image);

std::string JsonOf(const Document& document, Cell cell);
std::string JsonOf(const Document& document);

// The value at a dotted path (format/field_path.h) from the root. Fails the test and returns null
// if there is none.
Cell At(const Document& document, std::string_view path);

}  // namespace flatmanifest::testing

#endif  // FLATMANIFEST_TESTS_NATIVE_TESTING_SAMPLE_MANIFEST_H_
