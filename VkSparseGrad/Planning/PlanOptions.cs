using VkSparseGrad.Devices;
using VkSparseGrad.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Planning;

/// <summary>What of a run its memory depends on, beside the model's dimensions.</summary>
public sealed record PlanOptions
{
    /// <summary>The run's settings.</summary>
    public required TrainingOptions Training { get; init; }

    /// <summary>Tokens of every sequence, special tokens included: the most there will be. Where most of a run's are much shorter, SparseGrad
    /// may keep weights half-rotated that are planned as they are, which takes up to one activation [T, d] more for each of them.</summary>
    public required int Length { get; init; }

    /// <summary>What the elements of the weights are where they are stored.</summary>
    public WeightFormat Weights { get; init; }

    /// <summary>The device's kernels for products and attention: those of GPUs, or those of software drivers, which copy some of their operands.</summary>
    public MatmulKernel Matmul { get; init; } = MatmulKernel.Tile;

    /// <summary>The width of the device's subgroups; null takes the usual one of its kind. It changes a few bytes of a batch.</summary>
    internal int? Lanes { get; init; }

    /// <summary>Mesa's and SwiftShader's devices compute in vectors of 256 bits or less where they are not told otherwise.</summary>
    internal int LanesOrUsual => Lanes ?? (Matmul == MatmulKernel.Subgroup ? 8 : 32);
}
