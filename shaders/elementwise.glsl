// Elementwise kernels: one invocation computes four neighbours (a quad). The last quad may be cut short.
#include "common.glsl"

layout(local_size_x = 64) in;

// Declares a buffer of floats, readable as `name` (floats) and `name4` (quads).
#define BUFFER(slot, access, name) \
    layout(set = 0, binding = slot, std430) access buffer name##_floats { float name[]; }; \
    layout(set = 0, binding = slot, std430) access buffer name##_quads { vec4 name##4[]; };

// Defines vec4 load_name(quad, n), with zeros beyond element n.
#define LOADER(name) \
    vec4 load_##name(uint quad, uint n) { \
        if (quad * 4 + 3 < n) { return name##4[quad]; } \
        vec4 value = vec4(0); \
        for (uint i = 0; quad * 4 + i < n; i++) { value[i] = name[quad * 4 + i]; } \
        return value; \
    }

// Defines store_name(quad, n, value), which writes nothing beyond element n.
#define STORER(name) \
    void store_##name(uint quad, uint n, vec4 value) { \
        if (quad * 4 + 3 < n) { name##4[quad] = value; return; } \
        for (uint i = 0; quad * 4 + i < n; i++) { name[quad * 4 + i] = value[i]; } \
    }
