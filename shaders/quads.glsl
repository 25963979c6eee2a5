// Buffers of floats in quads of four neighbours. INPUT(slot, name) is read by QUAD and ELEMENT, OUTPUT(slot, name) written as
// name4 and name, and read where a kernel meets its own results again.
// With TEXELS inputs are texel buffers, for software drivers: those check the bounds of a texel once, but of each float of a
// storage buffer's quad. Then every row is whole quads. Outputs stay storage buffers, which those drivers write faster.
#ifdef TEXELS
#define INPUT(slot, name) layout(set = 0, binding = slot, rgba32f) readonly uniform imageBuffer name##_texels;
#define QUAD(name, i) imageLoad(name##_texels, int(i))
#define ELEMENT(name, i) QUAD(name, (i) / 4)[(i) % 4]
#else
#define INPUT(slot, name) \
    layout(set = 0, binding = slot, std430) readonly buffer name##_floats { float name[]; }; \
    layout(set = 0, binding = slot, std430) readonly buffer name##_quads { vec4 name##4[]; };
#define QUAD(name, i) name##4[i]
#define ELEMENT(name, i) name[i]
#endif
#define OUTPUT(slot, name) \
    layout(set = 0, binding = slot, std430) buffer name##_floats { float name[]; }; \
    layout(set = 0, binding = slot, std430) buffer name##_quads { vec4 name##4[]; };
