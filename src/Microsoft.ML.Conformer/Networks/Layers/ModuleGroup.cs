using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Networks.Layers;

/// <summary>Modules or parameters by name. TorchSharp 0.107 cannot move its own ModuleDict to another device or type.</summary>
internal sealed class ModuleGroup() : Module(nameof(ModuleGroup));
