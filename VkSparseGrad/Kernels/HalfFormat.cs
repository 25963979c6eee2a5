namespace VkSparseGrad.Kernels;

/// <summary>A 16-bit floating-point format.</summary>
public enum HalfFormat
{
    /// <summary>bfloat16: the upper half of a 32-bit float.</summary>
    BFloat16,

    /// <summary>IEEE 754 binary16.</summary>
    Float16,
}
