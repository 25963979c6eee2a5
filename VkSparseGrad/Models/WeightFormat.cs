namespace VkSparseGrad.Models;

/// <summary>What the elements of a weight are where they are stored.</summary>
public enum WeightFormat
{
    /// <summary>32-bit floats, or wider ones that are rounded to these when read.</summary>
    Float32,

    /// <summary>IEEE 754 half precision.</summary>
    Float16,

    /// <summary>The upper half of an IEEE 754 single.</summary>
    BFloat16,
}
