#version 450
// The step of sparse_scatter.glsl, the basis in a storage buffer.
layout(constant_id = 2) const bool ALIGNED = true; // columns are a multiple of four
layout(set = 0, binding = 0, std430) readonly buffer Basis { float basis[]; };
layout(set = 0, binding = 0, std430) readonly buffer Basis4 { vec4 basis4[]; };
#define BASIS \
    vec4 load_basis(uint l, uint quad) { \
        if (ALIGNED) { return basis4[l * (columns / 4) + quad]; } \
        vec4 value; \
        [[unroll]] for (uint c = 0; c < 4; c++) { value[c] = basis[l * columns + min(quad * 4 + c, columns - 1)]; } \
        return value; \
    }
#include "sparse_scatter.glsl"
