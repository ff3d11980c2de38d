using TorchSharp.Modules;

namespace TorchSharp;

/// <summary>PyTorch's default for convolutions and linear layers: He et al. (2015), uniform, with slope sqrt(5).</summary>
internal static class DefaultInitialization
{
    /// <summary>Draws weights, then biases, from U(-1/sqrt(n), 1/sqrt(n)) with n inputs for each output.</summary>
    public static void Draw(Parameter weight, Parameter? bias)
    {
        using var guard = torch.no_grad();
        var shape = weight.shape;
        var inputs = shape.Skip(1).TotalSize();
        if (inputs == 0)
            return;
        // The gain sqrt(2 / (1 + 5)) over sqrt(n), times sqrt(3) for a uniform distribution of that deviation.
        var bound = Math.Sqrt(3.0) * (Math.Sqrt(2.0 / (1 + 5)) / Math.Sqrt(inputs));
        weight.uniform_(-bound, bound);
        bias?.uniform_(-1 / Math.Sqrt(inputs), 1 / Math.Sqrt(inputs));
    }
}
