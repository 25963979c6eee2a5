#version 450
// AdamW. Loshchilov and Hutter, arXiv:1711.05101, algorithm 2, in PyTorch's order of operations.
#include "elementwise.glsl"
#define CLIP_SLOT 7
#include "clip.glsl"
INPUT(0, parameter)
INPUT(1, gradient)
INPUT(2, moment1)
INPUT(3, moment2)
OUTPUT(4, new_parameter) // the same memory as the old ones, which each invocation reads before it writes
OUTPUT(5, new_moment1)
OUTPUT(6, new_moment2)
LOADER(parameter)
LOADER(gradient)
LOADER(moment1)
LOADER(moment2)
STORER(new_parameter)
STORER(new_moment1)
STORER(new_moment2)
layout(push_constant) uniform Constants {
    uint n;
    float keep1;             // beta1
    float keep2;             // beta2
    float add1;              // 1 - beta1
    float add2;              // 1 - beta2
    float epsilon;
    float decay;             // 1 - learning rate * weight decay
    float step_size;         // learning rate / bias correction 1
    float inverse_root_bias; // 1 / sqrt(bias correction 2)
};

void main() {
    uint quad = invocation_index();
    if (quad * 4 >= n || step_is_void()) {
        return;
    }
    vec4 g = load_gradient(quad, n) * clip[0];
    vec4 old_m = load_moment1(quad, n);
    if (decay == 1.0 && g == vec4(0) && old_m == vec4(0)) {
        // Most rows of an embedding table meet no token for a long time; they stay as they are, and so need not be read.
        if (load_moment2(quad, n) == vec4(0)) {
            return;
        }
    }
    vec4 m = keep1 * old_m + add1 * g;
    vec4 v = keep2 * load_moment2(quad, n) + add2 * g * g;
    vec4 denominator = sqrt(v) * inverse_root_bias + epsilon;
    store_new_moment1(quad, n, m);
    store_new_moment2(quad, n, v);
    store_new_parameter(quad, n, load_parameter(quad, n) * decay - step_size * m / denominator);
}
