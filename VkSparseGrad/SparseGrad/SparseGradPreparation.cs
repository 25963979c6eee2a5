using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Models;
using VkSparseGrad.Optimizers;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.SparseGrad;

/// <summary>SparseGrad's preliminary phase: watches gradients of the dense MLP weights go by, finds the bases, and rotates the
/// layers.</summary>
/// <remarks>The paper stacks the gradients and decomposes the stack. The two bases of its higher-order SVD are the eigenvectors
/// of Σ G Gᵀ and Σ Gᵀ G, and only these sums are kept here.</remarks>
public sealed class SparseGradPreparation : IDisposable
{
    private readonly TrainableModel model;
    private readonly IKernels kernels;
    private readonly Gram[] grams;
    private bool isOver;

    /// <summary>Starts watching. The model's MLP weights become trainable, everything else is frozen.</summary>
    /// <exception cref="InvalidOperationException">An earlier run has rotated or extended the model's layers.</exception>
    public SparseGradPreparation(TrainableModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.ThrowIfAdapted();
        this.model = model;
        kernels = model.Kernels;
        foreach (Parameter parameter in model.Parameters)
        {
            parameter.IsTrainable = false;
        }

        using var scope = DisposeScope.Open();
        grams = [.. model.DenseMlpLayers.Select(layers => scope.Add(new Gram(kernels, layers)))];
        scope.Keep();
    }

    /// <summary>Σ G Gᵀ and Σ Gᵀ G so far, by kind as in <see cref="TrainableModel.DenseMlpLayers"/>; upper triangles.</summary>
    internal IReadOnlyList<(Tensor Output, Tensor Input)> Sums => [.. grams.Select(gram => (gram.Output, gram.Input))];

    /// <summary>Whether rotating the model has begun. Where it failed, some layers are rotated and others are not.</summary>
    internal bool HasBegunRotation { get; private set; }

    /// <summary>Says that a step begins.</summary>
    /// <param name="batches">Backward passes whose gradients add up to the step's.</param>
    /// <exception cref="InvalidOperationException">The watching is over.</exception>
    public void BeginStep(int batches) => BeginStep(batches, isRepeated: false);

    /// <summary>Says that a step begins, or begins again after it failed half-way: with the same examples, of which the sums
    /// then take only what they do not have.</summary>
    internal void BeginStep(int batches, bool isRepeated)
    {
        ThrowIfOver();
        foreach (Gram gram in grams)
        {
            gram.BeginStep(batches, isRepeated);
        }
    }

    /// <summary>Finds the bases from the gradients seen, and puts layers with half-rotated weights in the place of the dense ones.</summary>
    /// <param name="fraction">Share of each weight's coefficients that a step updates, above 0 to 1.</param>
    /// <param name="selection">How they are chosen.</param>
    /// <param name="cancellation">Stops the decomposition.</param>
    /// <exception cref="TrainingException">A gradient was not finite.</exception>
    /// <exception cref="InvalidOperationException">The bases were found before, or rotating failed half-way.</exception>
    public void Finish(double fraction, Selection selection, CancellationToken cancellation = default) =>
        Finish(weight => ParameterBudget.Kept(weight, fraction), selection, default, cancellation);

    /// <summary>The same with a number of coefficients for each weight, which are kept as is best for steps of some rows.</summary>
    internal void Finish(Func<Parameter, int> kept, Selection selection, StepRows rows, CancellationToken cancellation)
    {
        if (HasBegunRotation)
        {
            throw new InvalidOperationException("Rotating the model was broken off before. Load the model and start anew.");
        }

        // All decompositions come first, so that one that fails or is cancelled leaves the model as it was.
        (float[] Output, float[] Input)[] vectors = Decompose(cancellation);
        Rotate((kind, halves) => Replace(grams[kind], halves, vectors[kind]), kept, selection, rows);
    }

    /// <summary>Rotates the layers by bases whose values are undefined: for a plan of memory, in which nothing is computed.</summary>
    internal void FinishUndefined(Func<Parameter, int> kept, Selection selection, StepRows rows)
    {
        StopWatching();
        Rotate((kind, halves) => Replace(grams[kind], halves), kept, selection, rows);
    }

    /// <summary>Finds the bases from the gradients seen, and leaves the layers dense. The watching is over then; where it fails
    /// or is cancelled, it goes on.</summary>
    /// <param name="cancellation">Stops the decomposition.</param>
    /// <returns>By kind, in the order of <see cref="TrainableModel.DenseMlpLayers"/>; the caller's.</returns>
    /// <exception cref="TrainingException">A gradient was not finite.</exception>
    /// <exception cref="InvalidOperationException">The bases were found before.</exception>
    public IReadOnlyList<SparseGradBasis> FindBases(CancellationToken cancellation = default)
    {
        using var scope = DisposeScope.Open();
        SparseGradBasis[] bases =
            [.. Decompose(cancellation).Select((vectors, kind) => scope.Add(Replace(grams[kind], keepsHalves: false, vectors)))];
        scope.Keep();
        return bases;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        isOver = true;
        foreach (Gram gram in grams)
        {
            gram.Dispose();
        }
    }

    private void ThrowIfOver()
    {
        if (isOver)
        {
            throw new InvalidOperationException("The bases were found and the watching is over. Make a new preparation.");
        }
    }

    /// <summary>Both bases of every kind.</summary>
    private (float[] Output, float[] Input)[] Decompose(CancellationToken cancellation)
    {
        ThrowIfOver();

        // What the steps used is not needed meanwhile, and where the device's memory is the host's, the host needs it.
        kernels.Trim();
        (float[], float[])[] vectors =
            [.. grams.Select(gram => (Eigenvectors(gram.Output, cancellation), Eigenvectors(gram.Input, cancellation)))];
        StopWatching();
        return vectors;
    }

    private void StopWatching()
    {
        isOver = true;
        foreach (Gram gram in grams)
        {
            gram.StopWatching();
        }
    }

    private void Rotate(Func<int, bool, SparseGradBasis> basisOf, Func<Parameter, int> kept, Selection selection, StepRows rows)
    {
        HasBegunRotation = true;
        for (int kind = 0; kind < grams.Length; kind++)
        {
            Parameter first = model.DenseMlpLayers[kind][0].Weight;
            bool keepsHalves = SparseGradBasis.HalvesSuffice(selection, first.Shape, kept(first));
            model.ReplaceMlpLayers(
                kind, basisOf(kind, keepsHalves), kept, selection,
                (weight, isLast) => SparseGradWeight.RotationPays(weight.Shape, kept(weight), selection, isLast ? rows.InLastBlock : rows.InBlocks));
        }

        kernels.Trim();
    }

    /// <summary>Uploads a kind's bases, or leaves them undefined where there are none; its sums, which are as large, are freed.</summary>
    private SparseGradBasis Replace(Gram gram, bool keepsHalves, (float[] Output, float[] Input)? vectors = null)
    {
        (int outputs, int inputs) = (gram.Output.Rows, gram.Input.Rows);
        SparseGradBasis basis = vectors is (float[] output, float[] input)
            ? SparseGradBasis.Create(kernels, outputs, inputs, output, input, keepsHalves)
            : SparseGradBasis.Undefined(kernels, outputs, inputs, keepsHalves);
        gram.Dispose();

        // What comes next has other sizes, and would not fill the room of the sums.
        kernels.Trim();
        return basis;
    }

    /// <summary>Eigenvectors as rows, in falling order of eigenvalue.</summary>
    private float[] Eigenvectors(Tensor gram, CancellationToken cancellation)
    {
        float[] values = kernels.ToArray(gram);
        int order = gram.Rows;
        using var matrix = new HostBuffer<double>(values.Length);
        Span<double> elements = matrix.Span;
        for (int i = 0; i < values.Length; i++)
        {
            if (i % order >= i / order && !float.IsFinite(values[i]))
            {
                throw new TrainingException(
                    "A gradient of the preliminary phase is not finite, so there is no basis. Look at the data and the model's weights.");
            }

            elements[i] = values[i];
        }

        SymmetricEigen.DecomposeInPlace(elements, order, cancellation);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)elements[i];
        }

        return values;
    }

    /// <summary>The two sums of one kind of layer.</summary>
    private sealed class Gram : IDisposable
    {
        private readonly IReadOnlyList<Linear> layers;
        private readonly GradientWindow[] windows;
        private readonly int[] added;
        private readonly int[] had;

        public Gram(IKernels kernels, IReadOnlyList<Linear> layers)
        {
            this.layers = layers;
            Shape shape = layers[0].Weight.Value.Shape;
            using var scope = DisposeScope.Open();
            Output = scope.Add(kernels.Zeros(new Shape(shape.Rows, shape.Rows), MemoryCategory.Basis));
            Input = scope.Add(kernels.Zeros(new Shape(shape.Columns, shape.Columns), MemoryCategory.Basis));
            scope.Keep();
            added = new int[layers.Count];
            had = new int[layers.Count];
            windows = [.. layers.Select((_, layer) => new GradientWindow(kernels, gradient =>
            {
                // Counted one by one: each product may find no memory, and the step is then repeated.
                for (int product = had[layer]; product < 2; product++)
                {
                    kernels.AccumulateGram(gradient, product == 1, product == 1 ? Input : Output);
                    added[layer] = product + 1;
                }

                had[layer] = 0;
            }))];
            foreach ((Linear layer, GradientWindow window) in layers.Zip(windows))
            {
                layer.Weight.IsTrainable = true;
                layer.Weight.GradientObserver = window.Add;
            }
        }

        /// <summary>Σ G Gᵀ [D_out, D_out], upper triangle.</summary>
        public Tensor Output { get; }

        /// <summary>Σ Gᵀ G [D_in, D_in], upper triangle.</summary>
        public Tensor Input { get; }

        public void BeginStep(int batches, bool isRepeated)
        {
            if (!isRepeated)
            {
                Array.Clear(added);
            }

            added.CopyTo(had, 0);

            foreach (GradientWindow window in windows)
            {
                window.Begin(batches);
            }
        }

        public void StopWatching()
        {
            foreach ((Linear layer, GradientWindow window) in layers.Zip(windows))
            {
                window.Clear();
                layer.Weight.StopObserving(window.Add);
            }
        }

        public void Dispose()
        {
            StopWatching();
            Output.Dispose();
            Input.Dispose();
        }
    }
}
