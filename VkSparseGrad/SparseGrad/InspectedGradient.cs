using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>One batch's gradient of one MLP weight, in every space.</summary>
/// <param name="Kind">As in <see cref="Models.TrainableModel.DenseMlpLayers"/>: 0 for <c>intermediate.dense</c>, 1 for <c>output.dense</c>.</param>
/// <param name="Layer">The block, from 0.</param>
/// <param name="Name">The canonical name of the weight.</param>
/// <param name="Shape">[D_out, D_in].</param>
/// <param name="Entries">Row-major, by <see cref="GradientSpace"/>.</param>
public sealed record InspectedGradient(
    int Kind, int Layer, string Name, Shape Shape, IReadOnlyDictionary<GradientSpace, float[]> Entries);
