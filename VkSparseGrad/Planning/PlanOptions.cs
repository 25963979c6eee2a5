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

    /// <summary>The device's matmul kernel: that of GPUs, or that of software drivers, which copies some of its operands.</summary>
    public MatmulKernel Matmul { get; init; } = MatmulKernel.Tile;

    /// <summary>The width of the device's subgroups. It changes a few bytes.</summary>
    internal int Lanes { get; init; } = 32;
}
