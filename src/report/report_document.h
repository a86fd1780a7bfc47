#pragma once

#include "report/document.h"
#include "support/result.h"

namespace gw {

/// The report that programs read (report.json of a build, a profile, a comparison or a study) as a document
/// for people: every number is one of the JSON's, so that the two cannot disagree. `file` is only used in
/// messages. An error if the text is no such report.
Result<Document> report_document(const std::string& json, const std::string& file);

/// What differs between two reports of one kind: types, bits, cost, accuracy, whatever both or one of them
/// have.
Result<Document> report_difference(const std::string& json_a, const std::string& file_a,
                                   const std::string& json_b, const std::string& file_b);

}  // namespace gw
