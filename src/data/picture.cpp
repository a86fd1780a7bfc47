// One look at the data before it is trained on: wrong labels, turned images or swapped channels are seen in a
// second. The grid has a column a class, so that a wrong label stands out from its neighbours, and shows the
// three sets apart, each with its size. The data's pixels are drawn as squares, not smoothed: what is seen is
// what the network gets.

#include "data/picture.h"

#include <algorithm>
#include <array>

#include <png.h>

#include "data/font.h"
#include "support/check.h"

namespace gw {

namespace {

constexpr Color paper{244, 243, 239};
constexpr Color card{255, 255, 255};
constexpr Color ink{24, 32, 52};
constexpr Color rule{206, 203, 194};
constexpr Color quiet{118, 120, 128};
constexpr Color accent{178, 62, 38};

}  // namespace

Picture::Picture(int width, int height, Color background) : width_(width), height_(height) {
  GW_CHECK(width >= 1 && height >= 1);
  rgb_.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  fill(0, 0, width, height, background);
}

Color Picture::at(int x, int y) const {
  GW_CHECK(x >= 0 && x < width_ && y >= 0 && y < height_);
  const std::uint8_t* point =
      &rgb_[(static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x)) *
            3];
  return {point[0], point[1], point[2]};
}

void Picture::fill(int x, int y, int width, int height, Color color) {
  const int right = std::min(x + width, width_), bottom = std::min(y + height, height_);
  for (int row = std::max(y, 0); row < bottom; ++row) {
    for (int column = std::max(x, 0); column < right; ++column) {
      std::uint8_t* point = &rgb_[(static_cast<std::size_t>(row) * static_cast<std::size_t>(width_) +
                                   static_cast<std::size_t>(column)) *
                                  3];
      point[0] = color.red;
      point[1] = color.green;
      point[2] = color.blue;
    }
  }
}

std::string to_png(const Picture& picture) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(picture.width());
  header.height = static_cast<png_uint_32>(picture.height());
  header.format = PNG_FORMAT_RGB;
  std::string bytes(PNG_IMAGE_PNG_SIZE_MAX(header), '\0');
  png_alloc_size_t size = bytes.size();
  GW_CHECK(png_image_write_to_memory(&header, bytes.data(), &size, 0, picture.rgb().data(), 0, nullptr) != 0);
  bytes.resize(size);
  return bytes;
}

void draw_text(Picture& picture, int x, int y, int scale, std::string_view text, Color color) {
  for (const char letter : text) {
    const std::string_view points = glyph(letter);
    for (int i = 0; i < glyph_width * glyph_height; ++i) {
      if (points[static_cast<std::size_t>(i)] != '#') continue;
      picture.fill(x + i % glyph_width * scale, y + i / glyph_width * scale, scale, scale, color);
    }
    x += (glyph_width + 1) * scale;
  }
}

int text_width(std::string_view text, int scale) {
  return text.empty() ? 0 : (static_cast<int>(text.size()) * (glyph_width + 1) - 1) * scale;
}

namespace {

constexpr int margin = 32;
constexpr int title_scale = 4;
constexpr int text_scale = 2;
constexpr int gap = 12;           // between cards, both ways
constexpr int card_padding = 4;   // between a card's edge and its image
constexpr int label_height = 26;  // of the strip of a card that carries the label
constexpr int heading_height = 40;

/// 54000 as "54,000".
std::string grouped(int number) {
  std::string digits = std::to_string(number);
  for (std::size_t behind = 3; behind < digits.size(); behind += 4)
    digits.insert(digits.size() - behind, 1, ',');
  return digits;
}

/// The first `wanted` images of each class, by index.
std::vector<std::vector<int>> first_of_each_class(const Dataset& set, int wanted) {
  std::vector<std::vector<int>> found(static_cast<std::size_t>(set.classes));
  for (int i = 0; i < set.count(); ++i) {
    auto& of_class = found[set.labels[static_cast<std::size_t>(i)]];
    if (static_cast<int>(of_class.size()) < wanted) of_class.push_back(i);
  }
  return found;
}

/// Grey 0 is paper and 255 is ink, mixed in between; three channels are a colour as it is.
Color shade(std::span<const std::uint8_t> pixel) {
  if (pixel.size() == 3) return {pixel[0], pixel[1], pixel[2]};
  const auto mix = [&](int from, int to) {
    return static_cast<std::uint8_t>(from + (to - from) * pixel[0] / 255);
  };
  return {mix(card.red, ink.red), mix(card.green, ink.green), mix(card.blue, ink.blue)};
}

/// Where things stand, from the size of an image.
struct Layout {
  Layout(const Dataset& set, const ExampleGrid& grid)
      : card_width(set.width * grid.scale + 2 * card_padding),
        card_height(set.height * grid.scale + 2 * card_padding + label_height) {
    const int rows = grid.rows_per_set * (card_height + gap);
    title_height = title_scale * glyph_height + 20;
    set_height = heading_height + rows + gap;
    width = 2 * margin + grid.columns * (card_width + gap) - gap;
    height = 2 * margin + title_height + 3 * set_height - 2 * gap;
  }
  int card_width, card_height, title_height, set_height, width, height;
};

void draw_card(Picture& picture, const Layout& layout, const Dataset& set, int index, int x, int y,
               int scale) {
  picture.fill(x, y, layout.card_width, layout.card_height, rule);
  picture.fill(x + 1, y + 1, layout.card_width - 2, layout.card_height - 2, card);
  const auto pixels = set.image(index);
  const auto channels = static_cast<std::size_t>(set.channels);
  for (int i = 0; i < set.height * set.width; ++i) {
    picture.fill(x + card_padding + i % set.width * scale, y + card_padding + i / set.width * scale, scale,
                 scale, shade(pixels.subspan(static_cast<std::size_t>(i) * channels, channels)));
  }
  const std::string label = std::to_string(set.labels[static_cast<std::size_t>(index)]);
  const int strip = y + layout.card_height - label_height;
  picture.fill(x + 1, strip, layout.card_width - 2, 1, rule);
  draw_text(picture, x + (layout.card_width - text_width(label, text_scale)) / 2,
            strip + (label_height - glyph_height * text_scale) / 2, text_scale, label, accent);
}

}  // namespace

bool has_pictures(const Split& split) {
  const Dataset& set = split.train;
  return set.count() > 0 && !set.is_real() && set.height > 1 && (set.channels == 1 || set.channels == 3);
}

Picture draw_examples(const Split& split, const ExampleGrid& grid) {
  const Dataset& shape = split.train;
  GW_CHECK(shape.channels == 1 || shape.channels == 3);
  GW_CHECK(shape.classes >= 1 && grid.columns >= 1 && grid.rows_per_set >= 1 && grid.scale >= 1);
  const Layout layout(shape, grid);
  Picture picture(layout.width, layout.height, paper);
  draw_text(picture, margin, margin, title_scale, shape.name, ink);
  const std::string size = std::to_string(shape.height) + " X " + std::to_string(shape.width) + " PIXELS, " +
                           std::to_string(shape.classes) + " CLASSES";
  draw_text(picture, layout.width - margin - text_width(size, text_scale),
            margin + glyph_height * (title_scale - text_scale), text_scale, size, quiet);

  int y = margin + layout.title_height;
  const std::array<std::pair<const char*, const Dataset*>, 3> sets{
      {{"TRAIN", &split.train}, {"VALIDATION", &split.validation}, {"TEST", &split.test}}};
  for (const auto& [name, set] : sets) {
    picture.fill(margin, y, layout.width - 2 * margin, 2, ink);
    draw_text(picture, margin, y + 14, text_scale, name, ink);
    const std::string count = grouped(set->count()) + " IMAGES";
    draw_text(picture, layout.width - margin - text_width(count, text_scale), y + 14, text_scale, count,
              quiet);

    const int repeats = (grid.columns + set->classes - 1) / set->classes;
    const auto examples = first_of_each_class(*set, grid.rows_per_set * repeats);
    for (int row = 0; row < grid.rows_per_set; ++row) {
      for (int column = 0; column < grid.columns; ++column) {
        const auto& of_class = examples[static_cast<std::size_t>(column % set->classes)];
        const auto pick = static_cast<std::size_t>(row * repeats + column / set->classes);
        if (pick >= of_class.size()) continue;
        draw_card(picture, layout, *set, of_class[pick], margin + column * (layout.card_width + gap),
                  y + heading_height + row * (layout.card_height + gap), grid.scale);
      }
    }
    y += layout.set_height;
  }
  return picture;
}

}  // namespace gw
