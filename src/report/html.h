#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/document.h"
#include "report/figure.h"

namespace gw {

/// A drawing in a page.
struct PagePicture {
  std::string name;  ///< as a section of the document calls it
  std::string caption;
  std::string content;  ///< HTML: an <svg> or an <img>
};

/// Draws the figures as SVG that takes its black from the page's text, so that it is read on light and on
/// dark.
Result<std::vector<PagePicture>> page_pictures(const std::vector<Figure>& figures,
                                               const fs::path& cache_folder);

/// A PNG within the page.
PagePicture png_picture(std::string name, std::string caption, std::string_view png);

/// The document as one HTML page that asks for nothing from anywhere: style, script and pictures are inside.
/// Tables are sorted by a click on their heads. Pictures that no section names are left out.
std::string print_html(const Document& document, const std::vector<PagePicture>& pictures);

/// Text in HTML, in attributes too.
std::string html_text(std::string_view text);

/// An SVG drawing as an element of a page: without its head, scaled to the width that there is, black and
/// white replaced by the colours of the page. `name` keeps its identifiers apart from those of other
/// drawings.
std::string inline_svg(std::string_view svg, const std::string& name, const std::string& description);

}  // namespace gw
