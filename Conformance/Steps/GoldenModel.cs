using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Conformance.Steps;

/// <summary>A golden model on kernels that stay the caller's, everything trainable.</summary>
internal sealed class GoldenModel : IDisposable
{
    public GoldenModel(GoldenFile golden, IKernels kernels)
    {
        Kernels = kernels;
        using BertCheckpoint checkpoint = BertCheckpoint.Open(golden.Folder, BertConfigFile.Read(golden.Folder).Labels);
        Model = new BertClassifier(kernels, checkpoint.Config, checkpoint);
        foreach (Parameter parameter in Model.Parameters)
        {
            parameter.IsTrainable = true;
        }
    }

    public IKernels Kernels { get; }

    public BertClassifier Model { get; }

    public double Loss(Tape tape, Variable logits, double[] labels)
    {
        if (Model.Config.Labels == 1)
        {
            using Tensor targets = Kernels.FromArray(new Shape(labels.Length, 1), Array.ConvertAll(labels, label => (float)label));
            return Kernels.ToArray(tape.MeanSquaredError(logits, targets))[0];
        }

        using Tensor classes = Kernels.FromArray(Array.ConvertAll(labels, label => (uint)label));
        return Kernels.ToArray(tape.CrossEntropy(logits, classes))[0];
    }

    public double ForwardAndBackward(TokenizedExample[] examples)
    {
        using PackedBatch batch = PackedBatch.Create(Kernels, Model.Config, examples);
        using Tape tape = Tape.ForTraining(Kernels, 0, 0);
        Variable logits = Model.Logits(tape, batch);
        double loss = Loss(tape, logits, [.. examples.Select(example => (double)example.Label!)]);
        tape.Backward();
        return loss;
    }

    public void Dispose() => Model.Dispose();
}
