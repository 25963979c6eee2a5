#version 450
// The product of matmul_subgroup.glsl, its operands in storage buffers.
layout(set = 0, binding = 0, std430) readonly buffer A { vec4 a4[]; };
layout(set = 0, binding = 1, std430) readonly buffer B { vec4 b4[]; };
#define LOAD_A(i) a4[i]
#define LOAD_B(i) b4[i]
#include "matmul_subgroup.glsl"
