#version 450
// The product of matmul_subgroup.glsl, its operands read as texels: a software driver checks the bounds of a whole texel at once,
// and not of each of its four floats.
layout(set = 0, binding = 0, rgba32f) readonly uniform imageBuffer a4;
layout(set = 0, binding = 1, rgba32f) readonly uniform imageBuffer b4;
#define LOAD_A(i) imageLoad(a4, int(i))
#define LOAD_B(i) imageLoad(b4, int(i))
#include "matmul_subgroup.glsl"
