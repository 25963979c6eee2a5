using CsCheck;
using VkSparseGrad.Devices;

namespace VkSparseGrad.Tests.Devices;

/// <summary>The allocator's bookkeeping under random traffic.</summary>
[TestClass]
public sealed class FreeRangesTests
{
    private const long Size = 1000;

    [TestMethod]
    public void Slices_never_overlap_and_everything_merges_back() =>
        Gen.Select(Gen.Long[1, 120], Gen.Bool, Gen.Int[0, 99]).Array[1, 200].Sample(traffic =>
        {
            var ranges = new FreeRanges(Size);
            var taken = new List<(long Offset, long Size)>();
            foreach ((long size, bool gives, int which) in traffic)
            {
                if (gives && taken.Count > 0)
                {
                    (long offset, long count) = taken[which % taken.Count];
                    taken.RemoveAt(which % taken.Count);
                    ranges.Give(offset, count);
                    continue;
                }

                long at = ranges.Take(size);
                if (at < 0)
                {
                    Assert.IsFalse(HasRoom(taken, size));
                    continue;
                }

                Assert.IsTrue(at + size <= Size && taken.TrueForAll(other => at + size <= other.Offset || other.Offset + other.Size <= at));
                taken.Add((at, size));
            }

            taken.ForEach(slice => ranges.Give(slice.Offset, slice.Size));
            Assert.IsTrue(ranges.IsWhole);
        });

    private static bool HasRoom(List<(long Offset, long Size)> taken, long size)
    {
        long end = 0;
        foreach ((long offset, long count) in taken.OrderBy(slice => slice.Offset).Append((Size, 0)))
        {
            if (offset - end >= size)
            {
                return true;
            }

            end = offset + count;
        }

        return false;
    }
}
