using VkSparseGrad.Benchmarks.Models;
using VkSparseGrad.Devices;
using VkSparseGrad.Models;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Benchmarks.Steps;

/// <summary>Whole training steps of all methods on the same batch, one after the other round by round, so that what disturbs the
/// machine disturbs all of them.</summary>
/// <param name="device">Where.</param>
/// <param name="config">The model's dimensions.</param>
/// <param name="sequences">Sequences of a step.</param>
/// <param name="length">Tokens of each.</param>
internal sealed class StepSuite(VulkanDevice device, BertConfig config, int sequences, int length)
{
    private readonly bool isSoftware = device.Info.Kind == DeviceKind.Cpu;

    /// <summary>A GPU measures its products behind the first, and compiles what it chose in the second.</summary>
    private int WarmUp => isSoftware ? 1 : 2;

    /// <summary>A GPU's steps are short and its clock is not steady; a software driver's are long, and disturbed by what else its CPU
    /// does.</summary>
    private int Rounds => WarmUp + (isSoftware ? 9 : 15);

    /// <summary>Runs it.</summary>
    /// <param name="methods">The first is what the others are compared with.</param>
    /// <param name="progress">Told what comes next.</param>
    /// <param name="cancellation">Stops between steps.</param>
    public StepTimes Run(IReadOnlyList<BenchedMethod> methods, Action<string> progress, CancellationToken cancellation)
    {
        TokenizedExample[] examples = RandomExamples.Make(config, sequences, length);
        using var scope = DisposeScope.Open();
        var runs = new List<BenchedRun>();
        foreach (BenchedMethod method in methods)
        {
            cancellation.ThrowIfCancellationRequested();
            progress($"{method.Name}: preparing");
            runs.Add(scope.Add(new BenchedRun(device, config, examples, method.Options(sequences, Rounds))));
        }

        double[][] seconds = [.. runs.Select(_ => new double[Rounds])];
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < runs.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                progress($"{methods[i].Name}: step {round + 1} of {Rounds}");
                seconds[i][round] = runs[i].Step(methods[i].Refreshes(round));
            }
        }

        return new StepTimes(
            [
                .. methods.Select((method, i) => new MethodTime(
                    method, method.Mean(seconds[i], WarmUp), method.Mean([.. seconds[i].Zip(seconds[0], (own, first) => own / first)], WarmUp),
                    runs[i].PeakMemory)),
            ],
            sequences * length);
    }
}

/// <summary>What a method's step takes.</summary>
/// <param name="Method">The method.</param>
/// <param name="Seconds">Mean of a step.</param>
/// <param name="OverFirst">The same as a share of the first method's, by steps of the same round: what slows the machine for longer than a
/// round leaves it as it is.</param>
/// <param name="PeakMemory">Of its training steps.</param>
internal sealed record MethodTime(BenchedMethod Method, double Seconds, double OverFirst, MemoryUsage PeakMemory);
