"""How Sphinx builds these pages: `scripts/docs`."""

import sys
import warnings
from pathlib import Path

import robosim

sys.path.insert(0, str(Path(__file__).parent / "_ext"))
warnings.filterwarnings("error", category=FutureWarning)  # of numpydoc, in docstrings

project = "robosim"
author = copyright = "the robosim authors"
version = release = robosim.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "docstrings",
    "root_documents",
    "mathml",
]
exclude_patterns = ["_build", "gallery", "**/*.ipynb", "**/*.zip"]
templates_path = ["_templates"]
default_role = "code"  # docstrings write `this` as Markdown does
highlight_language = "none"  # a fence without a language holds commands

myst_enable_extensions = ["colon_fence"]
myst_fence_as_directive = ["math"]  # GitHub draws the same fences
myst_heading_anchors = 4

autosummary_generate = True
autosummary_context = {"public": [name for name in robosim.__all__ if name != "__version__"]}
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_type_aliases = {name: name for name in ("Array", "Ints", "Said", "Rules", "Edges")}
python_use_unqualified_type_names = True
numpydoc_show_class_members = False

html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_title = "robosim"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "pictures",
    "filename_pattern": r"\.py",
    "subsection_order": [f"gallery/{one}" for one in ("robots", "bidders", "cars", "suppliers", "questions")],
    "within_subsection_order": "FileNameSortKey",
    "image_scrapers": ("own_figures",),
    "reset_modules": (),
    "remove_config_comments": True,
    "write_computation_times": False,
    "show_memory": False,
    "show_signature": False,
    "abort_on_example_error": True,
    "capture_repr": (),
}
