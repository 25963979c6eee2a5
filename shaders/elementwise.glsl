// Elementwise kernels: one invocation computes four neighbours (a quad). The last quad may be cut short.
#include "common.glsl"
#include "quads.glsl"

layout(local_size_x = 64) in;
layout(constant_id = 0) const bool ALIGNED = true; // the elements are a multiple of four

// Defines vec4 load_name(quad, n), with zeros beyond element n.
#define LOADER(name) \
    vec4 load_##name(uint quad, uint n) { \
        if (ALIGNED) { return QUAD(name, quad); } \
        vec4 value = vec4(0); \
        [[unroll]] for (uint i = 0; i < 4; i++) { if (quad * 4 + i < n) { value[i] = ELEMENT(name, quad * 4 + i); } } \
        return value; \
    }

// Defines store_name(quad, n, value), which writes nothing beyond element n.
#define STORER(name) \
    void store_##name(uint quad, uint n, vec4 value) { \
        if (ALIGNED) { name##4[quad] = value; return; } \
        [[unroll]] for (uint i = 0; i < 4; i++) { if (quad * 4 + i < n) { name[quad * 4 + i] = value[i]; } } \
    }
