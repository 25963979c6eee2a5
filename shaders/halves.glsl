// 16-bit floats, two a word, as the bits of 32-bit ones. Included behind the constant BFLOAT16. By bits: a device may flush what is
// below the smallest normal float, which such a value can be.
uint widened(uint half_bits) {
    if (BFLOAT16) {
        return half_bits << 16;
    }
    uint sign = (half_bits & 0x8000u) << 16;
    uint exponent = (half_bits >> 10) & 31u;
    uint fraction = half_bits & 0x3FFu;
    if (exponent == 0) {
        return sign | floatBitsToUint(float(fraction) * 5.9604644775390625e-8); // 2^-24: a subnormal is a normal float
    }
    return sign | (exponent == 31 ? 0x7F800000u : (exponent + 112) << 23) | (fraction << 13);
}

uvec2 widened_pair(float word) {
    uint bits = floatBitsToUint(word);
    return uvec2(widened(bits & 0xFFFFu), widened(bits >> 16));
}
