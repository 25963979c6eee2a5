// 1 / (1 + exp(-x)). exp is taken of what is never above 0, so that it underflows to 0 and cannot overflow.
vec4 sigmoid(vec4 x) {
    vec4 tail = exp(-abs(x));
    return mix(vec4(1), tail, lessThan(x, vec4(0))) / (1.0 + tail);
}
