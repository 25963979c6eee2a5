#version 450
// The step of sparse_scatter.glsl, the basis read as texels, for columns that are a multiple of four.
layout(set = 0, binding = 0, rgba32f) readonly uniform imageBuffer basis4;
#define BASIS \
    vec4 load_basis(uint l, uint quad) { return imageLoad(basis4, int(l * (columns / 4) + quad)); }
#include "sparse_scatter.glsl"
