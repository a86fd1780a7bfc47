// The test bench of a generated project, and the frames that it reads.
//
// Everything is written as the whole numbers behind the values (value * 2^fraction), so that nothing is
// rounded on the way and a difference is a difference of bits. The bench runs a frame a call and compares
// each answer with the emulation's. For the first few frames it is also told what every stage must give;
// built with GW_TRACE, it names the stage and the element where the first wrong value arises.

#include <charconv>

#include "backends/hls/text.h"
#include "backends/hls/top.h"
#include "support/check.h"

namespace gw {

namespace hls {

namespace {

// What is the same for every project.
constexpr std::string_view reading = R"BENCH(
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

typedef std::vector<long long> Values;

// A line of whole numbers; false at the end of the file.
bool read_line(std::ifstream& file, Values& values) {
    std::string line;
    if (!std::getline(file, line)) return false;
    values.clear();
    std::istringstream numbers(line);
    for (long long value; numbers >> value;) values.push_back(value);
    return true;
}

// The next `count` values of a frame as elements.
template <class T>
void take(T* elements, int count, const Values& values, std::size_t& at) {
    for (int n = 0; n < count; n++) {
        if (at == values.size()) throw std::runtime_error("a frame has too few values");
        elements[n] = gw::of_raw<T>(values[at++]);
    }
}

template <class T>
void give(const T* elements, int count, Values& values) {
    for (int n = 0; n < count; n++) values.push_back(gw::raw_of(elements[n]));
}
)BENCH";

constexpr std::string_view judging = R"BENCH(
struct Judge {
    long frames, differing;
    bool told;

    // Tells the first difference of all.
    void compare(const std::string& what, const Values& is, const Values& wanted) {
        if (is.size() != wanted.size()) throw std::runtime_error(what + " has another number of values than expected");
        for (std::size_t n = 0; n < is.size(); n++) {
            if (is[n] == wanted[n]) continue;
            if (!told) {
                std::printf("first difference: frame %ld, %s, element %lu: is %lld, but must be %lld (raw)\n", frames,
                            what.c_str(), static_cast<unsigned long>(n), is[n], wanted[n]);
            }
            told = true;
            differing++;
        }
    }
};

int test(const std::string& folder, const std::string& results) {
    std::ifstream inputs((folder + "/tb_input_features.dat").c_str());
    if (!inputs) throw std::runtime_error(folder + "/tb_input_features.dat cannot be read");
    std::ifstream wanted((folder + "/tb_output_predictions.dat").c_str());
    std::ofstream answers(results.c_str());
    if (!answers) throw std::runtime_error(results + " cannot be written");
    Judge outputs = {0, 0, false};
#ifdef GW_TRACE
    std::ifstream traces((folder + "/tb_stages.dat").c_str());
    Judge stages = {0, 0, false};
#endif
    Values in, expected;
    while (read_line(inputs, in)) {
        Values out;
#ifdef GW_TRACE
        gw::traced().clear();
#endif
        run(in, out);
        for (std::size_t n = 0; n < out.size(); n++) answers << (n == 0 ? "" : " ") << out[n];
        answers << "\n";
#ifdef GW_TRACE
        for (std::size_t s = 0; s < gw::traced().size() && read_line(traces, expected); s++)
            stages.compare("stage '" + gw::traced()[s].first + "'", gw::traced()[s].second, expected);
        stages.frames++;
        outputs.told = outputs.told || stages.told;
#endif
        if (wanted && !read_line(wanted, expected)) throw std::runtime_error("there are fewer answers than frames");
        if (wanted) outputs.compare("output", out, expected);
        outputs.frames++;
    }
    answers.close();
    if (!answers) throw std::runtime_error(results + " cannot be written");
    std::printf("%ld frames, %ld differing values%s\n", outputs.frames, outputs.differing,
                wanted ? "" : " (there is nothing to compare with)");
#ifdef GW_TRACE
    if (stages.differing > 0) return 1;
#endif
    return outputs.differing > 0 ? 1 : 0;
}

}  // namespace

// NAME_test [FOLDER [RESULTS]]: 0 if every bit is right, 1 if one differs, 2 if nothing could be compared.
int main(int argc, char** argv) {
#ifdef RTL_SIM
    const char* const log = "/rtl_cosim_results.log";
#else
    const char* const log = "/csim_results.log";
#endif
    try {
        const std::string folder = argc > 1 ? argv[1] : "tb_data";
        return test(folder, argc > 2 ? std::string(argv[2]) : folder + log);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
}
)BENCH";

std::string run_function(const Firmware& firmware, HlsIo io) {
  Code code;
  code.line();
  code.line("// A frame through the firmware.");
  code.open("void run(const Values& in, Values& out)");
  code.line("std::size_t at = 0;");
  std::string arguments;
  for (const TopPort& port : firmware.inputs) {
    arguments += (arguments.empty() ? "" : ", ") + port.name;
    if (io == HlsIo::Parallel) {
      code.line("static {} {}[{}];", port.beat, port.name, port.elements);
      code.line("take({}, {}, in, at);", port.name, port.elements);
      continue;
    }
    code.line("hls::stream<{0}> {1}(\"{1}\");", port.beat, port.name);
    code.open("for (int beat = 0; beat < {}; beat++)", port.beats);
    code.line("{} value;", port.beat);
    code.line("take(value.data, {}, in, at);", port.elements);
    code.line("{}.write(value);", port.name);
    code.close();
  }
  code.line("if (at != in.size()) throw std::runtime_error(\"a frame has too many values\");");
  for (const TopPort& port : firmware.outputs) {
    arguments += ", " + port.name;
    if (io == HlsIo::Parallel) {
      code.line("static {} {}[{}];", port.beat, port.name, port.elements);
    } else {
      code.line("hls::stream<{0}> {1}(\"{1}\");", port.beat, port.name);
    }
  }
  code.line("{}({});", firmware.top, arguments);
  for (const TopPort& port : firmware.outputs) {
    if (io == HlsIo::Parallel) {
      code.line("give({}, {}, out);", port.name, port.elements);
      continue;
    }
    code.open("for (int beat = 0; beat < {}; beat++)", port.beats);
    code.line("const {} value = {}.read();", port.beat, port.name);
    code.line("give(value.data, {}, out);", port.elements);
    code.close();
    code.line("if (!{0}.empty()) throw std::runtime_error(\"{0} has more beats than a frame\");", port.name);
  }
  code.close();
  return code.text();
}

}  // namespace

std::string test_bench(const Firmware& firmware, HlsIo io) {
  std::string text = fmt::format(
      "// Test bench of {0}: frames from tb_data, every bit of every answer compared.\n\n"
      "#include \"firmware/{0}.h\"\n",
      firmware.top);
  text += reading;
  text += run_function(firmware, io);
  std::string rest(judging);
  rest.replace(rest.find("NAME"), 4, firmware.top);
  return text + rest;
}

}  // namespace hls

std::string hls_frames(std::span<const Tensor> ports) {
  std::string text;
  for (int frame = 0; frame < ports.front().batch(); ++frame) {
    bool is_first = true;
    for (const Tensor& port : ports) {
      for (std::int64_t i = 0; i < port.size(); ++i) {
        if (!is_first) text += ' ';
        is_first = false;
        text += std::to_string(port.at(frame * port.size() + i));
      }
    }
    text += '\n';
  }
  return text;
}

std::vector<Tensor> hls_frames(std::string_view text, std::span<const TensorType> ports, int count) {
  std::vector<Tensor> frames;
  for (const TensorType& type : ports) frames.emplace_back(type.shape, *type.fixed, count);
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int frame = 0; frame < count; ++frame) {
    for (Tensor& port : frames) {
      for (std::int64_t i = 0; i < port.size(); ++i) {
        while (at != end && (*at == ' ' || *at == '\n')) ++at;
        std::int64_t raw = 0;
        const auto [next, error] = std::from_chars(at, end, raw);
        GW_CHECK(error == std::errc());
        at = next;
        port.set(frame * port.size() + i, raw);
      }
    }
  }
  return frames;
}

Files hls_test_data(const Pipeline& stages, std::span<const Tensor> inputs, std::span<const Tensor> outputs) {
  constexpr int most_traced = 4;
  std::string traces;
  for (int frame = 0; frame < std::min(most_traced, inputs.front().batch()); ++frame) {
    std::vector<Tensor> values;
    for (const StageLink& link : stages.stages) {
      std::vector<Tensor> own;
      own.reserve(inputs.size());
      std::vector<const Tensor*> from;
      for (const int source : link.sources) {
        if (source >= 0)
          from.push_back(&values[static_cast<size_t>(source)]);
        else
          from.push_back(&own.emplace_back(samples(inputs[static_cast<size_t>(-1 - source)], frame, 1)));
      }
      values.push_back(run(link.stage, from));
      traces += hls_frames(std::span(&values.back(), 1));
    }
  }
  return {{"tb_data/tb_input_features.dat", hls_frames(inputs)},
          {"tb_data/tb_output_predictions.dat", hls_frames(outputs)},
          {"tb_data/tb_stages.dat", traces}};
}

}  // namespace gw
