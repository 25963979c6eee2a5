using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Layers;
using VkSparseGrad.Optimizers;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Conformance.Gradients;

/// <summary>One op on the tape, run again and again: its leaves (inputs and parameters) keep their values from
/// run to run, so that each can be moved. Leaves and weights of the loss are known by the order in which they are asked for.</summary>
internal sealed class TapeRun(IKernels kernels, Func<TapeRun, double> body) : IDisposable
{
    private readonly RandomValues random = new(1);
    private readonly List<TapeLeaf> leaves = [];
    private readonly List<float[]> weights = [];
    private readonly List<IDisposable> owned = [];
    private int nextLeaf;
    private int nextWeight;

    /// <summary>Where it runs; the caller's. On the reference values are doubles throughout.</summary>
    public IKernels Kernels => kernels;

    /// <summary>The tape of the run under way; it recomputes stretches.</summary>
    public Tape Tape { get; private set; } = null!;

    public IReadOnlyList<TapeLeaf> Leaves => leaves;

    /// <summary>The one leaf that needs a gradient, or null for all.</summary>
    public int? Only { get; set; }

    /// <summary>Runs forward anew.</summary>
    /// <returns>The loss.</returns>
    public double Forward()
    {
        Clear();
        Tape = Tape.ForTraining(Kernels, 0, 0, recomputes: true);
        (nextLeaf, nextWeight) = (0, 0);
        return body(this);
    }

    /// <summary>Runs forward and backward anew.</summary>
    /// <returns>The gradient of each leaf, or null where none was kept.</returns>
    public double[]?[] Gradients()
    {
        Forward();
        Tape.Backward();
        return [.. leaves.Select(leaf => leaf.Gradient())];
    }

    /// <summary>From here on the leaves are those asked for before, in the same order.</summary>
    public void Rewind() => nextLeaf = 0;

    /// <summary>An input with a value of its own, which the op may use up.</summary>
    public Variable Input(int rows, int columns) => Leaf(new Shape(rows, columns), (leaf, needs) =>
    {
        var variable = new Variable(Upload(leaf), needs);
        leaf.Gradient = () => variable.Gradient is Tensor gradient ? Read(gradient) : null;
        return variable;
    });

    public Parameter Parameter(int rows, int columns) => Leaf(new Shape(rows, columns), (leaf, needs) =>
    {
        var parameter = new Parameter("", Upload(leaf), isVector: rows == 1) { IsTrainable = needs };
        leaf.IsParameter = true;
        leaf.Gradient = () => parameter.Gradient is Tensor gradient ? Read(gradient) : null;
        return Own(parameter);
    });

    /// <summary>A parameter that is not trained, the same in every run.</summary>
    public Parameter Frozen(int rows, int columns) => new("", Constant(rows, columns), isVector: rows == 1);

    /// <summary>A weight of SparseGrad, of which all coefficients are kept. The bases are any matrices: that they are orthogonal
    /// is of no account to the gradient, and a mistaken transposition shows all the more.</summary>
    public SparseGradWeight SparseGrad(int outputs, int inputs, bool isRotated)
    {
        int small = Math.Min(outputs, inputs), large = Math.Max(outputs, inputs);
        return Leaf(isRotated ? new Shape(small, large) : new Shape(outputs, inputs), (leaf, needs) =>
        {
            SparseGradBasis basis = Basis(outputs, inputs);
            var weight = new SparseGradWeight(
                Kernels, "", Constant(outputs, inputs), basis, kept: outputs * inputs, Selection.EveryStep, isRotated) { IsTrainable = needs };
            Write(leaf.Values, weight.Value);
            leaf.IsParameter = true;
            leaf.Gradient = () => weight.Gradient is SparseGradient gradient ? Read(gradient.Values) : null;

            // A step on C[s, l] moves row s of H along row l of the large basis, and W along the product of both basis vectors.
            double[] rows = Read(basis.Small), columns = Read(basis.Large);
            leaf.FromElements = gradient =>
            [
                .. Enumerable.Range(0, gradient.Length).Select(place =>
                {
                    (int s, int l) = Math.DivRem(place, large);
                    return Enumerable.Range(0, large).Sum(j => columns[l * large + j] * (isRotated
                        ? gradient[s * large + j]
                        : Enumerable.Range(0, small).Sum(i => rows[s * small + i] * gradient[basis.SmallSideIsInput ? j * small + i : i * large + j])));
                }),
            ];
            return Own(weight);
        });
    }

    /// <summary>Bases of random values, the same in every run.</summary>
    public SparseGradBasis Basis(int outputs, int inputs)
    {
        var fixedValues = new RandomValues(2);
        return Own(SparseGradBasis.Create(
            Kernels, outputs, inputs, fixedValues.Normal((long)outputs * outputs), fixedValues.Normal((long)inputs * inputs)));
    }

    /// <summary>Random values that are not moved, the same in every run.</summary>
    public Tensor Constant(int rows, int columns) =>
        Own(Kernels.FromArray(new Shape(rows, columns), new RandomValues(3).Normal((long)rows * columns)));

    public TokenIds Ids(params uint[] values) => Own(new TokenIds(Kernels, values));

    /// <summary>A loss of an output: Σ w y with random w, which is its gradient.</summary>
    public double Weigh(Variable y)
    {
        if (nextWeight == weights.Count)
        {
            weights.Add(random.Normal(y.Value.Length));
        }

        float[] w = weights[nextWeight++];
        y.Gradient = Own(Kernels.FromArray(y.Value.Shape, w));
        return Read(y.Value).Zip(w, (a, b) => a * b).Sum();
    }

    public double Loss(Tensor loss) => Read(loss)[0];

    /// <summary>The values of a tensor, in double precision where the kernels have it.</summary>
    public double[] Read(Tensor tensor) => kernels is ReferenceKernels reference
        ? reference.Values(tensor).ToArray()
        : Array.ConvertAll(kernels.ToArray(tensor), value => (double)value);

    public T Own<T>(T resource)
        where T : IDisposable
    {
        owned.Add(resource);
        return resource;
    }

    public void Dispose() => Clear();

    /// <summary>Ends a run.</summary>
    public void Clear()
    {
        Tape?.Dispose();
        owned.ForEach(resource => resource.Dispose());
        owned.Clear();
        leaves.ForEach(leaf => leaf.Made = null);
    }

    private T Leaf<T>(Shape shape, Func<TapeLeaf, bool, T> make)
        where T : class
    {
        int index = nextLeaf++;
        if (index == leaves.Count)
        {
            leaves.Add(new TapeLeaf(shape, Array.ConvertAll(random.Normal(shape.Length), value => (double)value)));
        }

        TapeLeaf leaf = leaves[index];
        leaf.Made ??= make(leaf, Only is null || Only == index);
        return (T)leaf.Made;
    }

    private Tensor Upload(TapeLeaf leaf)
    {
        Tensor tensor = Own(Kernels.Allocate(leaf.Shape, DType.Float32, MemoryCategory.Scratch));
        Write(leaf.Values, tensor);
        return tensor;
    }

    private void Write(double[] values, Tensor tensor)
    {
        if (kernels is ReferenceKernels reference)
        {
            reference.SetValues(tensor, values);
        }
        else
        {
            kernels.Upload(Array.ConvertAll(values, value => (float)value), tensor);
        }
    }
}

/// <summary>An input or a parameter of the op under test.</summary>
internal sealed class TapeLeaf(Shape shape, double[] values)
{
    public Shape Shape => shape;

    public double[] Values => values;

    public bool IsParameter { get; set; }

    /// <summary>What stands for it in the run under way.</summary>
    public object? Made { get; set; }

    /// <summary>Reads the gradient of the run under way, or null.</summary>
    public Func<double[]?> Gradient { get; set; } = () => null;

    /// <summary>The gradient as the op gives it, from the derivatives by element.</summary>
    public Func<double[], double[]> FromElements { get; set; } = derivatives => derivatives;
}
