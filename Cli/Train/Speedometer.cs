using System.Diagnostics;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>Adds up time, tokens and recent losses of the steps of one phase.</summary>
internal sealed class Speedometer
{
    private const int RecentLosses = 20;
    private const int FinalLosses = 100;

    private readonly List<double> losses = [];
    private long tokens;

    /// <summary>Time spent in steps, without logging and drawing.</summary>
    public TimeSpan Time { get; private set; }

    public double StepsPerSecond => losses.Count / Time.TotalSeconds;

    public double TokensPerSecond => tokens / Time.TotalSeconds;

    /// <summary>Mean loss of the last steps, for people.</summary>
    public double RecentLoss => losses.TakeLast(RecentLosses).Average();

    /// <summary>Mean loss of the last 100 steps, for the record.</summary>
    public double FinalLoss => losses.TakeLast(FinalLosses).Average();

    /// <summary>Begins with steps of an earlier process.</summary>
    /// <param name="time">What they took.</param>
    /// <param name="steps">Loss and tokens of each.</param>
    public void GoOn(TimeSpan time, IEnumerable<(float Loss, int Tokens)> steps)
    {
        Time = time;
        foreach ((float loss, int count) in steps)
        {
            losses.Add(loss);
            tokens += count;
        }
    }

    public StepResult Measure(Func<StepResult> doStep)
    {
        long start = Stopwatch.GetTimestamp();
        StepResult step = doStep();
        Time += Stopwatch.GetElapsedTime(start);
        tokens += step.Tokens;
        losses.Add(step.Loss);
        return step;
    }
}
