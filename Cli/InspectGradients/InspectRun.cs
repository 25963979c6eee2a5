using System.Diagnostics;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Output;
using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Cli.Tasks;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.InspectGradients;

/// <summary>A whole run: checks, preliminary phase, bases, gradients, files.</summary>
internal sealed class InspectRun(InspectSettings settings, Terminal terminal, CancellationToken cancellation)
{
    private readonly TrainSettings run = settings.Run;

    private readonly IProgressDisplay progress = ProgressDisplay.Of(terminal);

    /// <summary>Does the run; the output folder is there afterwards, or an exception says why not.</summary>
    public void Execute()
    {
        // Everything that can be wrong with files is found before the device is opened.
        using ModelCheckpoint checkpoint = ModelFolder.Open(run.Model, run.Task.Outputs, run.ResetHead);
        int layer = Layer(checkpoint.Sizes);
        TaskTokenizer tokenizer = TaskTokenizer.Load(checkpoint, run.MaxLength, run.LiteralSpecialTokens);
        TokenizedSplit rows = tokenizer.Tokenize(
            GlueDataset.Load(run.Data, run.Task, run.Task.Train, labelled: true, run.MaxTrainRows, run.StrictData));
        using OutputFolder output = OutputFolder.Begin(run.Output, run.Overwrite, run.Model, run.Data);
        IReadOnlyList<(string Name, object? Value)> effective = settings.Effective(layer, tokenizer.MaxLength);
        Preamble.TellSettings(terminal, effective);
        Preamble.TellCheckpoint(terminal, checkpoint);
        TellRows(rows, tokenizer.MaxLength);

        using VulkanDevice device = CommandDevice.Open(run.Device, run.Validation);
        Preamble.TellDevice(terminal, device.Info);
        using var kernels = new VulkanKernels(device);
        using Classifier model = ModelFolder.CreateClassifier(kernels, checkpoint, checkpoint, run.Training.Seed);
        InspectOutcome outcome = Inspect(model, device.Info, new Batches(rows.Examples, run.Training), layer);
        GradientsFile.Write(output.Aside, effective, outcome);
        GradientPlots.Write(output.Aside, outcome);
        cancellation.ThrowIfCancellationRequested();
        output.Publish();
        GradientTable.Print(terminal, outcome);
        terminal.Output.WriteLine($"The result is in {Path.GetFullPath(run.Output)}");
    }

    private int Layer(ModelSizes sizes)
    {
        if (settings.Layer >= sizes.Layers)
            throw new ArgumentException($"--layer is {settings.Layer}, but the model has layers 0 to {sizes.Layers - 1}.");
        return settings.Layer ?? sizes.Layers / 2;
    }

    private void TellRows(TokenizedSplit rows, int maxLength)
    {
        terminal.Output.WriteLine($"Data: train {rows.Describe(maxLength)}");
        long wanted = ((long)run.Training.PreliminarySteps + settings.Steps) * run.Training.BatchSize;
        if (wanted > rows.Examples.Count)
            terminal.Output.WriteLine($"Data: {Text.Count(wanted)} rows are wanted, so rows come more than once and the gradients are not all of fresh rows.");
    }

    private InspectOutcome Inspect(Classifier model, DeviceInfo device, Batches batches, int layer)
    {
        using var inspector = new GradientInspector(model, run.Training.Seed);
        int preliminary = run.Training.PreliminarySteps;
        TimeSpan preliminaryTime = ForEach("preliminary phase", preliminary, step => inspector.Watch(batches.At(step)));
        long start = Stopwatch.GetTimestamp();
        progress.Show("basis", 0, _ => inspector.FindBases(cancellation));
        TimeSpan basisTime = Stopwatch.GetElapsedTime(start);

        var layers = new Dictionary<string, InspectedLayer>();
        InspectedGradient? sample = null;
        ForEach("gradients", settings.Steps, step => inspector.Inspect(batches.At(preliminary + step), gradient =>
        {
            Add(layers, gradient);
            if (step == 0 && gradient.Kind == settings.Kind && gradient.Layer == layer)
                sample = gradient;
        }));
        return new InspectOutcome
        {
            Layers = [.. layers.Values.OrderBy(one => (one.Kind, one.Layer))],
            Sample = sample!,
            Top = settings.Top,
            Batches = settings.Steps,
            PreliminaryTime = preliminaryTime,
            BasisTime = basisTime,
            Device = device,
        };
    }

    private TimeSpan ForEach(string phase, int steps, Action<int> work)
    {
        long start = Stopwatch.GetTimestamp();
        progress.Show(phase, steps, bar =>
        {
            for (int step = 0; step < steps; step++)
            {
                cancellation.ThrowIfCancellationRequested();
                work(step);
                bar.Report(step + 1);
            }
        });
        return Stopwatch.GetElapsedTime(start);
    }

    private void Add(Dictionary<string, InspectedLayer> layers, InspectedGradient gradient)
    {
        if (!layers.TryGetValue(gradient.Name, out InspectedLayer? layer))
        {
            layer = new InspectedLayer(
                gradient.Kind, gradient.Layer, gradient.Name, gradient.Shape,
                LayerNames.Spaces.ToDictionary(space => space, _ => new SpaceStatistics(settings.Top)));
            layers.Add(gradient.Name, layer);
        }

        foreach ((GradientSpace space, float[] entries) in gradient.Entries)
            layer.Statistics[space].Add(gradient.Shape, entries);
    }

    /// <summary>The batches of a training run, in its order.</summary>
    private sealed class Batches(IReadOnlyList<TokenizedExample> examples, TrainingOptions options)
    {
        private readonly int perEpoch = (examples.Count - 1) / options.BatchSize + 1;

        public TokenizedExample[] At(int number)
        {
            int[] order = EpochShuffle.Order(examples.Count, options.Seed, number / perEpoch);
            return [.. order.Skip(number % perEpoch * options.BatchSize).Take(options.BatchSize).Select(index => examples[index])];
        }
    }
}
