// Row kernels: one subgroup a row, which it walks in quads of four columns. A row whose width is no multiple of four is
// read and written float by float.
#include "common.glsl"
#include "quads.glsl"

layout(local_size_x_id = 0) in; // the width of a subgroup
#include "subgroups.glsl"
layout(constant_id = 1) const bool ALIGNED = true; // columns are a multiple of four

// Defines vec4 load_name(row, quad, columns), with zeros beyond the row's end.
#define LOADER(name) \
    vec4 load_##name(uint row, uint quad, uint columns) { \
        if (ALIGNED) { return QUAD(name, row * (columns / 4) + quad); } \
        vec4 value = vec4(0); \
        [[unroll]] for (uint i = 0; i < 4; i++) { if (quad * 4 + i < columns) { value[i] = ELEMENT(name, row * columns + quad * 4 + i); } } \
        return value; \
    }

#define STORER(name) \
    void store_##name(uint row, uint quad, uint columns, vec4 value) { \
        if (ALIGNED) { name##4[row * (columns / 4) + quad] = value; return; } \
        [[unroll]] for (uint i = 0; i < 4; i++) { if (quad * 4 + i < columns) { name[row * columns + quad * 4 + i] = value[i]; } } \
    }

// 1 for the columns of a quad that exist, 0 beyond the row's end.
vec4 present(uint quad, uint columns) {
    return ALIGNED ? vec4(1) : vec4(lessThan(quad * 4 + uvec4(0, 1, 2, 3), uvec4(columns)));
}

float sum4(vec4 x) {
    return (x.x + x.y) + (x.z + x.w);
}
